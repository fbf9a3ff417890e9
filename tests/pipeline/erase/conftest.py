"""Sites to erase from; tests of histories run on SQLite and on a real PostgreSQL server."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.synthetic.erasable_site import make_site
from tests.synthetic.history_places import new_place, place, postgres

__all__ = ["new_place", "place", "postgres"]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with everything that knows people."""
    return make_site(tmp_path)


@pytest.fixture(autouse=True)
def _umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)
