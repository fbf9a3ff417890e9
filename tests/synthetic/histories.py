"""Opens histories for tests that run on SQLite and on PostgreSQL."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from configs.postgres.address import is_postgres
from pipeline.bus.position import Item
from pipeline.history.database import open_database
from pipeline.history.reader import HistoryReader, TrackRow
from pipeline.history.store import HistoryWriter
from tests.synthetic.events import NODE

Location = Path | str
Tables = dict[str, list[tuple[Any, ...]]]
TABLES = ("events", "gaps", "epochs", "node", "tracks", "crops", "templates", "usage")


def open_writer(
    place: Location, *, unknowns: bool = False, clock: Callable[[], float] = lambda: 5000.0, node: str = ""
) -> HistoryWriter:
    """The recorder's history; a database of several nodes is told which one."""
    node = node or (NODE if is_postgres(place) else "")
    return HistoryWriter(place, node=node, unknowns=unknowns, clock=clock)


def write(place: Location, *items: Item, unknowns: bool = False, node: str = "") -> None:
    with open_writer(place, unknowns=unknowns, node=node) as history:
        history.add(items, None)


def read(place: Location) -> list[TrackRow]:
    with HistoryReader(place) as reader:
        return reader.tracks()


def ask(place: Location, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query to a history that exists."""
    with open_database(place) as database:
        return database.rows(query)


def dump(place: Location) -> Tables:
    """All rows of all tables."""
    with open_database(place) as database:
        return {name: sorted(database.rows(f"SELECT * FROM {name}"), key=repr) for name in TABLES}
