"""Fixtures of tests that run on SQLite and on a real PostgreSQL server: where a history may be made."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.synthetic.postgres import PostgresServer, postgres_server

NewPlace = Callable[[str], Path | str]


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for all tests of a process."""
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def new_place(request: pytest.FixtureRequest, tmp_path: Path) -> NewPlace:
    """Where a history of this name may be made."""
    if request.param == "sqlite":
        return lambda name: tmp_path / f"{name}.db"
    server: PostgresServer = request.getfixturevalue("postgres")
    made: dict[str, str] = {}
    return lambda name: made.get(name) or made.setdefault(name, server.new_database())


@pytest.fixture
def place(new_place: NewPlace) -> Path | str:
    """Where one history may be made."""
    return new_place("h")
