"""Keeps a past of one node: events, tracks, best crops and templates, in SQLite; a client of the bus."""
