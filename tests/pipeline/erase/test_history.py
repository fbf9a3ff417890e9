"""A history loses a person while a recorder has it open, and keeps everybody else."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.erase.history import HistoryStore
from pipeline.erase.person import Person
from pipeline.erase.store import IncompleteError
from pipeline.history.reader import HistoryReader
from pipeline.history.store import HistoryWriter
from tests.synthetic.visits import renamed, visit

STORE, GRACE = HistoryStore(), Person("Grace")


def test_a_recorder_that_has_it_open_is_not_disturbed(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    with HistoryWriter(path) as history:
        history.add([*visit("Grace"), *visit("Ada", number=2, first_seq=10)], None)
        assert set(STORE.people(path)) == {"Grace", "Ada"}
        assert len(list(STORE.traces(path, GRACE))) == 2
        assert STORE.erase(path, GRACE).startswith("name taken from 1 tracks")
        history.add(visit("Ada", number=3, first_seq=20), None)
        assert STORE.erase(path, GRACE) == ""
        used = dict(history.database.rows("SELECT kind, bytes FROM usage"))
        for kind, column in (("events", "body"), ("crops", "data"), ("templates", "data")):
            assert history.database.rows(f"SELECT sum(length({column})) FROM {kind}") == [(used[kind],)]
    assert b"Grace" not in path.read_bytes()
    with HistoryReader(path) as reader:
        assert sorted((row.track, row.person, row.state) for row in reader.tracks()) == [
            (1, None, "unknown"),
            (2, "Ada", "named"),
            (3, "Ada", "named"),
        ]


def test_a_track_that_was_once_the_person_loses_what_it_looks_like(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    with HistoryWriter(path) as history:
        history.add([*visit("Grace"), renamed(1, "Ada", 1009.0)], None)
        assert STORE.erase(path, GRACE) == "name taken from 1 tracks and 4 events, 2 templates and crops deleted"
    with HistoryReader(path) as reader:
        assert [(row.person, row.state) for row in reader.tracks()] == [("Ada", "named")]


def test_a_file_that_is_locked_is_incomplete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.history.sqlite_database.BUSY_SECONDS", 0.0)
    path = tmp_path / "h.db"
    with HistoryWriter(path) as history:
        history.add(visit("Grace"), None)
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        with pytest.raises(IncompleteError, match=r"in use or not writable .*; run this again"):
            STORE.erase(path, GRACE)
    assert STORE.erase(path, GRACE)
