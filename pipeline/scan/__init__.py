"""Decides where in a frame to search for faces, and searches there."""
