"""An outbox loses a name while a node writes it, and keeps its rows, numbers and checksums."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.bus.outbox import Outbox
from pipeline.erase.outbox import OutboxStore
from pipeline.erase.person import Person
from pipeline.erase.store import IncompleteError
from pipeline.events import SampleEvent, decode, encode, topic
from tests.synthetic.events import identity, sample
from tests.synthetic.small_disk import small_disk

STORE, GRACE = OutboxStore(), Person("Grace")


def fill(outbox: Outbox, *people: str, first: int = 0) -> None:
    for seq, person in enumerate(people, first):
        event = identity(seq, person=person)
        outbox.put(topic(event), event, encode(event))
    assert outbox.flush(10)


def bodies(path: Path) -> list[bytes]:
    with closing(sqlite3.connect(path)) as database:
        return [body for (body,) in database.execute("SELECT body FROM events ORDER BY id")]


def test_a_node_that_writes_is_not_disturbed(tmp_path: Path) -> None:
    path = tmp_path / "o.db"
    with closing(Outbox(path)) as outbox:
        fill(outbox, "Grace", "Ada", "Grace")
        assert set(STORE.people(path)) >= {"Grace", "Ada"}
        assert STORE.erase(path, GRACE) == "name overwritten in 2 events"
        fill(outbox, "Ada", first=3)
    assert len(bodies(path)) == 4
    assert not any(b"Grace" in body for body in bodies(path))
    assert b"Grace" not in path.read_bytes()
    assert STORE.erase(path, GRACE) == ""


def test_templates_and_crops_of_the_persons_tracks_are_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "o.db"
    kept = sample(1, track=2, person="Ada", template=bytes(range(64)), crop=bytes(range(100)))
    gone = sample(0, track=1, person=None, template=bytes(range(64, 128)), crop=bytes(range(100, 200)))
    with closing(Outbox(path)) as outbox:
        for event in (identity(0, person="Grace", number=1), gone, kept):
            outbox.put(topic(event), event, encode(event))
        assert outbox.flush(10)
        assert sorted(STORE.traces(path, GRACE)) == sorted([bytes(range(64, 128)), bytes(range(100, 200))])
        assert STORE.erase(path, GRACE) == "name overwritten in 1 events, 1 templates and crops overwritten"
        assert STORE.erase(path, GRACE) == ""
    _, blank, other = (decode(body) for body in bodies(path))
    assert isinstance(blank, SampleEvent)
    assert not any(blank.template)
    assert not any(blank.crop)
    assert other == kept
    assert list(STORE.traces(path, GRACE)) == []


def test_a_file_that_is_locked_is_incomplete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.erase.sqlite_file.BUSY_SECONDS", 0.0)
    path = tmp_path / "o.db"
    with closing(Outbox(path)) as outbox:
        fill(outbox, "Grace")
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        with pytest.raises(IncompleteError, match=r"in use or not writable .*; run this again"):
            STORE.erase(path, GRACE)
    assert STORE.erase(path, GRACE) == "name overwritten in 1 events"


def test_a_full_disk_is_incomplete_and_the_next_call_finishes(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", kib=4096) as disk:
        path = disk.folder / "o.db"
        with closing(Outbox(path)) as outbox:
            fill(outbox, *["Grace"] * 500)
        disk.fill(leave=40 << 10)
        with pytest.raises(IncompleteError, match=r"full|disk I/O error"):
            STORE.erase(path, GRACE)
        disk.make_room()
        STORE.erase(path, GRACE)
        assert len(bodies(path)) == 500
        assert b"Grace" not in path.read_bytes()


def test_a_damaged_file_is_incomplete(tmp_path: Path) -> None:
    path = tmp_path / "o.db"
    with closing(Outbox(path)) as outbox:
        fill(outbox, *["Grace"] * 50)
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xaa" * (len(data) - 4096)
    path.write_bytes(data)
    with pytest.raises(IncompleteError, match="damaged"):
        STORE.erase(path, GRACE)
