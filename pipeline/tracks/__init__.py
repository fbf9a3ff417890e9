"""Follows faces through one camera and works out who they are."""
