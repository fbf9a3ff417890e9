"""Fixtures of tests that run on a gallery in SQLite and in a real PostgreSQL server."""

from collections.abc import Callable
from pathlib import Path

import pytest

from recognizer.gallery.database import Place
from tests.synthetic.history_places import postgres
from tests.synthetic.postgres import PostgresServer

__all__ = ["NewGallery", "new_gallery", "place", "postgres"]

NewGallery = Callable[[str], Place]


@pytest.fixture(params=["sqlite", "postgres"])
def new_gallery(request: pytest.FixtureRequest, tmp_path: Path) -> NewGallery:
    """Where a gallery of this name may be made."""
    if request.param == "sqlite":
        return lambda name: tmp_path / f"{name}.db"
    server: PostgresServer = request.getfixturevalue("postgres")
    made: dict[str, str] = {}
    return lambda name: made.get(name) or made.setdefault(name, server.new_database())


@pytest.fixture
def place(new_gallery: NewGallery) -> Place:
    """Where one gallery may be made."""
    return new_gallery("g")
