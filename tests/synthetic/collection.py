"""A stream of events in a database, with entries of made events, for the tests of collecting."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.bus.position import Item, Position
from pipeline.collect.database import open_collection
from pipeline.collect.reader import StreamReader
from pipeline.collect.store import Batch, StreamWriter
from pipeline.history.database import Database
from tests.synthetic.events import track

ADDRESS = "tcp://door:5556"


def new_collection(folder: Path) -> Database:
    return open_collection(str(folder / "collection.db"), create=True)


def add(database: Database, items: Sequence[Item], position: Position | None = None, *, address: str = ADDRESS) -> int:
    return StreamWriter(database).add({address: Batch(items, position)})


def add_tracks(database: Database, first: int, last: int, *, camera: str = "door", epoch: str = "e1") -> int:
    """Track events first to last, without the last."""
    return add(database, [track(seq, camera=camera, epoch=epoch) for seq in range(first, last)])


def keys(database: Database) -> list[str]:
    """Keys of all entries, in order."""
    return [entry.key for entry in StreamReader(database).entries(after=0, limit=1_000_000)]
