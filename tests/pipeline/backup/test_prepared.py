"""A restored outbox gives no number out twice, and restored accounts have no sessions."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from pipeline.backup.prepared import LEAP, RESTORED, prepare_store
from pipeline.bus.client import ALL, Subscriber
from pipeline.bus.outbox import Outbox, OutboxReader
from pipeline.bus.position import Position
from pipeline.bus.publisher import Publisher
from pipeline.bus.reorder import Gap
from pipeline.collect.reader import StreamReader
from pipeline.epoch import new_epoch
from pipeline.events import Event, TrackAction, encode, topic
from pipeline.web.security.accounts_file import AccountsFile
from tests.synthetic.collection import add_tracks, new_collection
from tests.synthetic.events import NODE, track

RUN = "20261101T120000Z-aaaaaa"
TOPIC = "v1/track/door/"


def write_run(path: Path, *events: Event) -> None:
    with closing(Outbox(path)) as outbox:
        for event in events:
            outbox.put(topic(event), event, encode(event))


def received(path: Path, folder: Path, position: Position) -> list[object]:
    """What a node that starts with this outbox gives a client that has everything up to a position."""
    address = f"ipc://{folder / 'bus'}"
    with closing(Publisher(address, node=NODE, epoch=new_epoch(), outbox=str(path))) as publisher:
        with Subscriber(address, topics=(ALL,), start=position) as client:
            last = track(0, epoch=publisher_epoch(publisher), action=TrackAction.NEW, track=9)
            publisher.on_event(last)
            found: list[object] = []
            for item in client:
                found.append(item)
                if item == last:
                    return found
    raise AssertionError


def publisher_epoch(publisher: Publisher) -> str:
    return str(publisher._write_ahead._epoch)  # type: ignore[union-attr]


def test_a_node_with_a_restored_outbox_repeats_no_number_that_was_published_after_the_backup(tmp_path: Path) -> None:
    path, backup = tmp_path / "outbox.db", tmp_path / "backup.db"
    opened = track(0, epoch=RUN, action=TrackAction.NEW)
    write_run(path, opened)
    shutil.copy(path, backup)
    write_run(path, track(1, epoch=RUN), track(2, epoch=RUN, action=TrackAction.END))
    seen = Position(RUN, {TOPIC: 2})
    shutil.copy(backup, path)
    assert "begun" in prepare_store(path, "outbox")
    items = received(path, tmp_path, seen)
    assert [item for item in items if not isinstance(item, Gap) and getattr(item, "epoch", "") == RUN] == []
    assert [gap.epoch.endswith(RESTORED) for gap in items if isinstance(gap, Gap)] == [True]


def test_without_it_the_node_ends_the_open_track_under_a_number_that_was_published(tmp_path: Path) -> None:
    """The fault itself, so that the test above is known to see it."""
    path = tmp_path / "outbox.db"
    write_run(path, track(0, epoch=RUN, action=TrackAction.NEW))
    items = received(path, tmp_path, Position(RUN, {TOPIC: 0}))
    assert [getattr(item, "seq", None) for item in items if getattr(item, "epoch", "") == RUN] == [1]


def test_the_run_comes_behind_one_of_a_clock_that_was_ahead(tmp_path: Path) -> None:
    path, ahead = tmp_path / "outbox.db", "29991231T000000Z-bbbbbb"
    write_run(path, track(0, epoch=ahead))
    prepare_store(path, "outbox")
    with closing(OutboxReader(path)) as reader:
        assert reader.newest_run() == ahead + RESTORED


def test_an_empty_outbox_stays_empty(tmp_path: Path) -> None:
    write_run(tmp_path / "outbox.db")
    assert prepare_store(tmp_path / "outbox.db", "outbox") == ""


def test_sessions_end(tmp_path: Path) -> None:
    path = tmp_path / "accounts.db"
    with AccountsFile(path, create=True) as accounts:
        accounts.change("INSERT INTO sessions VALUES (1, x'00', 1, 0, 0, '', '')")
    assert prepare_store(path, "accounts").startswith("1 sessions ended")
    with AccountsFile(path) as accounts:
        assert accounts.rows("SELECT * FROM sessions") == []


def test_a_collection_gives_no_number_to_another_entry(tmp_path: Path) -> None:
    with closing(new_collection(tmp_path)) as database:
        add_tracks(database, 0, 3)
    prepare_store(tmp_path / "collection.db", "collection")
    with closing(new_collection(tmp_path)) as database:
        add_tracks(database, 3, 4)
        assert StreamReader(database).newest() == 3 + LEAP + 1


def test_other_stores_are_left_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with closing(sqlite3.connect(path)) as store:
        store.execute("CREATE TABLE t (x)")
    before = path.read_bytes()
    assert prepare_store(path, "gallery") == ""
    assert path.read_bytes() == before
