"""A history loses a person while a recorder has it open, and keeps everybody else."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.erase.__main__ import main
from pipeline.erase.history import HistoryStore, erase_in
from pipeline.erase.person import Person
from pipeline.erase.store import IncompleteError
from pipeline.events import PersonAction
from pipeline.history.corrections.correction import Desk
from pipeline.history.corrections.merge_people import merge_people
from pipeline.history.corrections.rename import rename
from pipeline.history.corrections.this_is import this_is
from pipeline.history.corrections.this_is_not import this_is_not
from pipeline.history.corrections.undo import undo
from pipeline.history.person_events import queue_person_event
from pipeline.history.reader import HistoryReader
from pipeline.history.store import HistoryWriter
from tests.synthetic.events import track
from tests.synthetic.histories import ask, dump, open_writer, read
from tests.synthetic.history_places import NewPlace
from tests.synthetic.person_queue import queued_person_events
from tests.synthetic.postgres import PostgresServer
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
    monkeypatch.setattr("pipeline.store_file.BUSY_SECONDS", 0.0)
    path = tmp_path / "h.db"
    with HistoryWriter(path) as history:
        history.add(visit("Grace"), None)
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        with pytest.raises(IncompleteError, match=r"in use or not writable .*; run this again"):
            STORE.erase(path, GRACE)
    assert STORE.erase(path, GRACE)


def test_a_database_of_several_nodes_loses_the_person_and_it_is_proved(
    postgres: PostgresServer, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    address = postgres.new_database()
    with open_writer(address) as history:
        history.add([*visit("Grace"), *visit("Ada", number=2, first_seq=10)], None)
        assert main(["Grace", address]) == 0
        printed = capsys.readouterr().out
        history.add(visit("Ada", number=3, first_seq=20), None)  # its recorder was not disturbed
    assert "postgresql:///history" in printed
    assert "name taken from 1 tracks and 4 events, 2 templates and crops deleted" in printed
    assert "nothing is left" in printed
    assert [row.person for row in read(address)] == ["Ada", "Ada", None]
    assert not any("Grace" in repr(rows) for rows in dump(address).values())
    assert main(["Grace", address]) == 0


def test_what_is_left_in_a_database_is_told(
    postgres: PostgresServer, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    address = postgres.new_database()
    with open_writer(address) as history:
        history.add([track(0, evidence=None), *visit("Grace", number=2, first_seq=10)], None)
        history.database.change("UPDATE epochs SET name = 'Grace'")
    assert main(["Grace", address]) == 1
    assert "still holds the name" in capsys.readouterr().out
    assert main(["Grace", "postgresql://ada:sesame@/none?host=/nowhere"]) == 2
    assert "sesame" not in capsys.readouterr().err


def test_what_operators_said_goes_too(new_place: NewPlace) -> None:
    place = new_place("h")
    with open_writer(place, unknowns=True) as history:
        history.add(visit(None), None)
        for statement in (
            "INSERT INTO groups (first_seen, last_seen, tracks, person, made_at) VALUES (1, 2, 1, 'Grace', 1)",
            "INSERT INTO track_groups VALUES (1, 1, 0.1, 0)",
            "INSERT INTO verdicts VALUES (1, 'Grace', 1, 1)",
            "INSERT INTO audit (made_at, by, action, target, details, undo)"
            " VALUES (1, 'bob', 'name', 'track 1', 'Grace, said Bob', '')",
        ):
            history.database.change(statement)
        assert erase_in(history.database, GRACE) == (
            "name taken from 1 tracks and 0 events, 2 templates and crops deleted, name taken from 3 corrections"
        )
    assert ask(place, "SELECT count(*) FROM verdicts") == [(0,)]
    assert ask(place, "SELECT details FROM audit") == [("*****, said Bob",)]
    assert ask(place, "SELECT person FROM groups") == [(None,)]


def test_events_that_wait_to_be_published_lose_the_name(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    with HistoryWriter(path) as history:
        history.add([*visit("Grace"), *visit("Ada", number=2, first_seq=10)], None)
        for number, name in ((1, "Grace"), (2, "Ada")):
            queue_person_event(history.database, PersonAction.MOVED, track=number, at=5.0, person=name)
        STORE.erase(path, GRACE)
        assert [one.event.person for one in queued_person_events(history.database, limit=9)] == ["*****", "Ada"]


def test_corrections_go_too_and_cannot_be_undone(tmp_path: Path) -> None:
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
        assert "name taken from 13 corrections" in STORE.erase(path, GRACE.knowing(()))
        with pytest.raises(ValueError, match="cannot be undone"):
            undo(desk, 1)
        assert history.database.rows("SELECT person FROM verdicts") == [("Ada",)]
        entries = desk.log.entries()
    assert entries[-1].target == "*****"
    assert b"Grace" not in path.read_bytes()
    assert STORE.erase(path, GRACE) == ""
