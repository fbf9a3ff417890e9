"""Hides the faces of a recording, except those of people who may be seen."""
