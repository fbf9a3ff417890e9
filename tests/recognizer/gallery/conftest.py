"""Tests of galleries that name `place` run on SQLite and on a real PostgreSQL server."""

from tests.synthetic.gallery_places import new_gallery, place, postgres

__all__ = ["new_gallery", "place", "postgres"]
