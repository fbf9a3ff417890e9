"""Seals what stores hold of faces since before there was a key, or with another one."""
