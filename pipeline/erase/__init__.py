"""Erases a person from everything that knows them: galleries, reports, events, outboxes (docs/erasing.md)."""
