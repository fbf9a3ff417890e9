"""Faces to learn from: collecting, aligning, mixing and degrading them."""
