"""What is too old goes, unless a bridge lacks it; what takes too much room goes anyway, and that is told."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.bus.position import Position
from pipeline.collect.reader import StreamReader
from pipeline.collect.retention import StreamRetention
from pipeline.collect.store import Batch, StreamWriter
from pipeline.history.database import Database
from tests.synthetic.collection import ADDRESS, add_tracks, keys, new_collection
from tests.synthetic.events import track

DAY = 86_400.0


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(new_collection(tmp_path)) as database:
        yield database


def fill(database: Database, first: int, last: int, now: float) -> None:
    items = [track(seq) for seq in range(first, last)]
    StreamWriter(database, clock=lambda: now).add({ADDRESS: Batch(items, Position())})


def sweep(database: Database, now: float, *, megabytes: float = 100, bridges: tuple[str, ...] = ()) -> None:
    retention = StreamRetention(database, days=1, megabytes=megabytes, bridges=bridges, clock=lambda: now)
    while retention.step():
        pass


def used(database: Database) -> tuple[int, int]:
    """Bytes as they are counted, and as they are."""
    [(counted,)] = database.rows("SELECT value FROM figures WHERE name = 'bytes'")
    [(real,)] = database.rows("SELECT coalesce(sum(length(body)), 0) FROM events")
    return counted, real


def test_old_entries_go(database: Database) -> None:
    fill(database, 0, 3000, now=0.0)
    fill(database, 3000, 3010, now=DAY)
    sweep(database, now=DAY + 1)
    assert len(keys(database)) == 10
    assert used(database)[0] == used(database)[1] > 0
    assert StreamReader(database).pruned() == 3000


def test_an_old_entry_that_a_bridge_lacks_stays(database: Database) -> None:
    fill(database, 0, 10, now=0.0)
    database.change("INSERT INTO bridges VALUES ('redis', 7, 7, ''), ('gone', 1, 1, '')")
    sweep(database, now=9 * DAY, bridges=("redis",))
    assert len(keys(database)) == 3
    sweep(database, now=9 * DAY, bridges=("redis", "nats"))
    assert len(keys(database)) == 3
    sweep(database, now=9 * DAY)
    assert keys(database) == []
    assert StreamReader(database).newest() == 10


def test_what_takes_too_much_room_goes_and_a_bridge_is_told(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    fill(database, 0, 5000, now=0.0)
    sweep(database, now=0.0, megabytes=0.5, bridges=("redis",))
    assert 400_000 < used(database)[1] <= 500_000
    assert caplog.text.count("a bridge loses what it is behind") == 1
    assert add_tracks(database, 0, 5001) == 1
