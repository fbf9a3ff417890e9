"""Fixtures: histories in SQLite and on a real PostgreSQL server."""

from tests.synthetic.history_places import new_place, place, postgres

__all__ = ["new_place", "place", "postgres"]
