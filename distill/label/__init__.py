"""The teacher labels every training face."""
