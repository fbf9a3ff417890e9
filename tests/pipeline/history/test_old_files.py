"""A history of 0.3.0 opens, is brought up to date, and its recorder goes on where it was."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.bus.position import Position
from pipeline.events import encode
from pipeline.history.reader import HistoryReader
from pipeline.history.schema import APPLICATION_ID, MIGRATIONS, VERSION
from pipeline.history.store import HistoryWriter
from tests.synthetic.events import track
from tests.synthetic.histories import ask


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file as 0.3.0 made it, with one track of one event."""
    path = tmp_path / "h.db"
    row = (1, 1, "door", 1, 10.0, 20.0, None, 24.0, "named", "Ada", 0.5, 0.01, 10.0, "named", 10.0)
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        for statement in MIGRATIONS[0]:
            database.execute(statement)
        database.execute("UPDATE node SET name = 'node', epoch = 'e1', last_seq = '{\"v1/track/door/\":0}'")
        database.execute("INSERT INTO epochs VALUES (1, 'e1', 10)")
        database.execute(f"INSERT INTO tracks VALUES ({', '.join('?' * len(row))})", row)
        database.execute("INSERT INTO events VALUES (1, 1, 'v1/track/door/', 0, 1, 10, 10, ?)", (encode(track(0)),))
        database.execute("PRAGMA user_version = 1")
        database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    return path


def test_it_is_read(path: Path) -> None:
    with HistoryReader(path) as reader:
        [row] = reader.tracks()
        assert (row.node, row.epoch, row.person, reader.nodes()) == ("node", "e1", "Ada", ["node"])
        assert len(list(reader.events(row.id))) == 1


def test_its_recorder_goes_on(path: Path) -> None:
    with HistoryWriter(path) as history:
        assert history.position == Position("e1", {"v1/track/door/": 0})
        history.add([track(0), track(1), track(0, epoch="e2")], None)
        with pytest.raises(ValueError, match="expected events of node node, got yard"):
            history.add([track(2, node="yard")], None)
    assert ask(path, "PRAGMA user_version") == [(VERSION,)]
    assert ask(path, "SELECT count(*) FROM events") == [(3,)]
    assert ask(path, "SELECT node, name FROM epochs ORDER BY name") == [("node", "e1"), ("node", "e2")]
