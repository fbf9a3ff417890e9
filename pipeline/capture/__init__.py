"""Reads cameras and recordings into frames with a media time, and hands them to the engine."""
