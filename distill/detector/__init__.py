"""Trains the embedded face detector on photographs whose faces are shrunk to a few pixels."""
