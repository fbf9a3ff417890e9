"""Files that are really damaged: what can be read of them is replayed, what cannot is told, and the node goes on."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pipeline.bus.latest_events import LatestEvents
from pipeline.bus.outbox import Outbox, OutboxReader, Query
from pipeline.bus.outbox.salvage import rebuild
from pipeline.bus.replay import RequestHandler
from pipeline.bus.write_ahead import WriteAhead
from pipeline.events import encode, topic
from tests.synthetic.events import track

COUNT = 400


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An outbox of 400 events, all of them in the file itself and none in its log."""
    path = tmp_path / "o.db"
    with closing(Outbox(path)) as outbox:
        put(outbox, range(COUNT))
        assert outbox.flush(10)
    assert not path.with_name("o.db-wal").exists()
    return path


def put(outbox: Outbox, seqs: range, epoch: str = "e1") -> None:
    for seq in seqs:
        event = track(seq, epoch=epoch)
        outbox.put(topic(event), event, encode(event))


def pages(path: Path, kind: bytes) -> list[int]:
    """Pages of a kind: 5 inner and 13 leaf of a table, 2 and 10 of an index (SQLite's file format, section 1.6)."""
    size = page_size(path)
    data = path.read_bytes()
    return [number for number in range(1, len(data) // size) if data[number * size :][:1] == kind]


def page_size(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute("PRAGMA page_size").fetchone()[0])


def overwrite(path: Path, page: int) -> None:
    """Overwrite a page, counted from 0, as a dying disk does."""
    size = page_size(path)
    with path.open("r+b") as file:
        file.seek(page * size)
        file.write(b"\xa5" * size)


def replay_all(handler: RequestHandler) -> tuple[list[int], list[int]]:
    """The seqs that a client is given, and those that it is told to be lost."""
    given: list[int] = []
    lost: list[int] = []
    answer: dict[str, Any] = {"more": True, "cursor": 0}
    while answer["more"]:
        request = {"request": "replay", "after": answer["cursor"], "limit": 90}
        answer = json.loads(handler.handle(json.dumps(request).encode()))
        assert answer["answer"] == "replay", answer
        given += [event["seq"] for event in answer["events"] if event["epoch"] == "e1"]
        lost += [row["seq"] for row in answer["lost"]]
    assert answer["ends"]["e1"] == {"v1/track/door/": max(given + lost)}
    return given, lost


def serve(path: Path) -> tuple[list[int], list[int]]:
    """Replay from a node that starts now and goes on."""
    with closing(Outbox(path)) as outbox:
        latest = LatestEvents()
        ahead = WriteAhead(outbox, latest, node="other", epoch="e2")
        ahead.end_killed_runs()
        with closing(RequestHandler("node", "e2", latest, ahead)) as handler:
            found = replay_all(handler)
            put(outbox, range(5), epoch="e2")
            assert outbox.flush(10)
            assert replay_all(handler) == found
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("SELECT count(*) FROM events WHERE epoch = 'e2'").fetchone() == (5,)
    return found


@pytest.mark.parametrize("which", [1, 5, -1])
def test_a_damaged_page_of_events_costs_these_events_and_they_are_told(
    path: Path, which: int, caplog: pytest.LogCaptureFixture
) -> None:
    overwrite(path, pages(path, b"\x0d")[which])
    given, lost = serve(path)
    assert sorted(given + lost) == list(range(COUNT))
    assert 0 < len(lost) < 20
    assert "was damaged" in caplog.text
    assert path.with_name("o.db.damaged").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("kind", [b"\x0a", b"\x02", b"\x0d"])
def test_a_damaged_page_of_the_index_or_of_the_counter_costs_nothing(path: Path, kind: bytes) -> None:
    overwrite(path, pages(path, kind)[0])
    given, lost = serve(path)
    assert (given, lost) == (list(range(COUNT)), [])


def test_a_damaged_inner_page_costs_what_is_below_it(path: Path) -> None:
    overwrite(path, pages(path, b"\x05")[0])
    given, lost = serve(path)
    assert sorted(given + lost) == list(range(COUNT))


@pytest.mark.parametrize("share", [0.3, 0.7, 0.95])
def test_a_file_that_was_cut_off_gives_what_is_left(path: Path, share: float) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    given, lost = serve(path)
    assert len(given) > COUNT * share / 3
    assert given == sorted(set(given))
    assert not set(given) & set(lost)


@pytest.mark.parametrize(
    "damage", [lambda data: b"", lambda data: b"\xff" * len(data), lambda data: b"\0" * 4096 + data[4096:]]
)
def test_an_outbox_that_is_no_database_any_more_is_made_anew(
    path: Path, damage: Callable[[bytes], bytes], caplog: pytest.LogCaptureFixture
) -> None:
    path.write_bytes(damage(path.read_bytes()))
    with closing(Outbox(path)) as outbox:
        put(outbox, range(3), epoch="e2")
        assert outbox.flush(10)
    assert "cannot be replayed any more" in caplog.text or "was damaged" in caplog.text


def test_damage_under_a_running_node_is_mended_while_it_goes_on(path: Path) -> None:
    with closing(Outbox(path)) as outbox:
        latest = LatestEvents()
        with closing(RequestHandler("node", "e1", latest, WriteAhead(outbox, latest, node="n", epoch="e1"))) as handler:
            overwrite(path, pages(path, b"\x0d")[5])
            put(outbox, range(COUNT, COUNT + 10))
            answer = json.loads(handler.handle(b'{"request": "replay", "epoch": "e1", "limit": 1000}'))
            assert answer["answer"] == "replay"
            seqs = [event["seq"] for event in answer["events"]] + [row["seq"] for row in answer["lost"]]
            assert sorted(seqs) == list(range(COUNT + 10))
            assert outbox.is_incomplete


def test_a_rebuild_that_was_interrupted_is_finished(path: Path) -> None:
    path.rename(path.with_name("o.db.new"))
    path.with_name("o.db-wal").write_bytes(b"the log of a file that is gone")
    given, lost = serve(path)
    assert (given, lost) == (list(range(COUNT)), [])


def change(path: Path, *statements: str) -> None:
    """Change the file as flipped bits do that leave a sound database."""
    with closing(sqlite3.connect(path)) as db, db:
        for statement in statements:
            db.execute(statement)


NEWEST = "WHERE id = (SELECT max(id) FROM events)"


@pytest.mark.parametrize("value", ["'abc'", "x'00ff'", "1e300"])
@pytest.mark.parametrize("column", ["seq", "epoch", "topic", "wall_time", "body", "checksum"])
def test_a_value_of_another_type_costs_its_row_at_most(path: Path, column: str, value: str) -> None:
    change(path, f"UPDATE OR REPLACE events SET {column} = {value} {NEWEST}")
    with closing(Outbox(path)) as outbox:
        ahead = WriteAhead(outbox, LatestEvents(), node="n", epoch="e2")
        ahead.end_killed_runs()
        with closing(RequestHandler("n", "e2", LatestEvents(), ahead)) as handler:
            answer = json.loads(handler.handle(b'{"request": "replay", "limit": 1000}'))
    seqs = [event["seq"] for event in answer["events"]]
    assert set(range(COUNT - 1)) <= set(seqs)


@pytest.mark.parametrize("value", ["'abc'", "x'00ff'", "1e300", "NULL", "-7"])
def test_a_damaged_count_of_rows_costs_nothing(path: Path, value: str) -> None:
    change(path, f"UPDATE sqlite_sequence SET seq = {value}")
    given, lost = serve(path)
    assert (given, lost) == (list(range(COUNT)), [])


@pytest.mark.parametrize("number", [2**63 - 1, 2**63 - 2, 2**62 + 5])
def test_a_row_number_beyond_which_there_is_none_is_told_as_lost(path: Path, number: int) -> None:
    change(path, f"UPDATE events SET id = {number} {NEWEST}")
    given, lost = serve(path)
    assert (given, lost) == (list(range(COUNT - 1)), [COUNT - 1])


@pytest.mark.parametrize(
    "damage",
    ["DROP TABLE events", "ALTER TABLE events RENAME checksum TO check3um", "ALTER TABLE events RENAME seq TO s"],
)
def test_a_table_of_another_form_is_made_anew(path: Path, damage: str) -> None:
    change(path, damage)
    with closing(Outbox(path)) as outbox:
        put(outbox, range(3), epoch="e2")
        assert outbox.flush(10)


def test_triggers_and_views_are_not_trusted(path: Path) -> None:
    change(path, "CREATE TRIGGER gone AFTER INSERT ON events BEGIN DELETE FROM events; END")
    with pytest.raises(ValueError, match="expected tables alone"):
        Outbox(path)


def test_a_file_that_is_away_for_a_moment_is_read_again(path: Path) -> None:
    with closing(OutboxReader(path)) as reader:
        away = path.rename(path.with_name("away.db"))
        with pytest.raises(sqlite3.OperationalError):
            reader.read(Query(topic="v1/"), 1)
        away.rename(path)
        assert len(reader.read(Query(topic="v1/"), 1)) == 1


def test_a_file_that_cannot_be_looked_at_is_an_answer(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Outbox(path)) as outbox:
        ahead = WriteAhead(outbox, LatestEvents(), node="n", epoch="e2")
        with closing(RequestHandler("n", "e2", LatestEvents(), ahead)) as handler:
            assert json.loads(handler.handle(b'{"request": "replay"}'))["answer"] == "replay"

            def refuse(path: Path) -> None:
                raise PermissionError(13, "Permission denied")

            monkeypatch.setattr("pipeline.bus.outbox.reader.identity_of", refuse)
            answer = json.loads(handler.handle(b'{"request": "replay"}'))
    assert (answer["answer"], answer["retry"]) == ("error", True)


def test_pages_that_lead_back_end_nothing(path: Path) -> None:
    """A page of the tree in the place of another: the scan would begin anew for ever."""
    leaves = pages(path, b"\x0d")
    data = bytearray(path.read_bytes())
    size = 4096
    first, later = leaves[1] * size, leaves[len(leaves) // 2] * size
    data[later : later + size] = data[first : first + size]
    path.write_bytes(data)
    rebuild(path)
    with closing(sqlite3.connect(path)) as db:
        seqs = [seq for (seq,) in db.execute("SELECT seq FROM events ORDER BY id")]
    assert seqs == sorted(set(seqs))
    assert len(seqs) > COUNT // 3
