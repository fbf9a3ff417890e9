"""A history loses a person while a recorder has it open, and keeps everybody else."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.erase.history import HistoryStore
from pipeline.erase.person import Person
from pipeline.erase.store import IncompleteError
from pipeline.history.corrections.correction import Desk
from pipeline.history.corrections.merge_people import merge_people
from pipeline.history.corrections.rename import rename
from pipeline.history.corrections.this_is import this_is
from pipeline.history.corrections.this_is_not import this_is_not
from pipeline.history.corrections.undo import undo
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
    monkeypatch.setattr("pipeline.erase.sqlite_file.BUSY_SECONDS", 0.0)
    path = tmp_path / "h.db"
    with HistoryWriter(path) as history:
        history.add(visit("Grace"), None)
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        with pytest.raises(IncompleteError, match=r"in use or not writable .*; run this again"):
            STORE.erase(path, GRACE)
    assert STORE.erase(path, GRACE)


def test_what_operators_said_goes_too(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    with HistoryWriter(path, unknowns=True) as history:
        history.add(
            [*visit("Grace"), *visit("Ada", number=2, first_seq=10), *visit(None, number=3, first_seq=20)], None
        )
        desk = Desk(history.database, None, "eve")
        numbers = dict(history.database.rows("SELECT number, id FROM tracks"))
        this_is(desk, numbers[3], "Grace")
        this_is_not(desk, numbers[1], "Grace")
        this_is(desk, numbers[1], "Ada")
        merge_people(desk, "Grace", "Ada")
        undo(desk, 4)
        rename(desk, "Grace", "Grace Hopper")
        rename(desk, "Grace Hopper", "Grace")
        history.database.change("INSERT INTO groups VALUES (1, 1, 2, 3, 'Grace', NULL, 4)")
        assert set(STORE.people(path)) >= {"Grace", "Ada", "Grace Hopper"}
        assert "corrections and entries of the audit log" in STORE.erase(path, GRACE.knowing(()))
        with pytest.raises(ValueError, match="cannot be undone"):
            undo(desk, 1)
        assert history.database.rows("SELECT person FROM verdicts") == [("Ada",)]
        entries = desk.log.entries()
    assert entries[-1].target == "*****"
    assert b"Grace" not in path.read_bytes()
    assert STORE.erase(path, GRACE) == ""
