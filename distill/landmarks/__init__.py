"""Trains the landmark regressor."""
