"""Nobody sees an event that the next start does not know of: on a full disk too, and when a node is killed there."""

import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.bus.client import Gap, Item, Subscriber
from pipeline.bus.killed_run import REASON
from pipeline.bus.latest_events import LatestEvents
from pipeline.bus.outbox import Outbox
from pipeline.bus.publisher import Publisher
from pipeline.bus.write_ahead import WriteAhead
from pipeline.events import Event, TrackAction, TrackEvent, encode, topic
from tests.synthetic.events import camera, evidence, track
from tests.synthetic.world import ROOT

NEW, UPDATE, END = TrackAction.NEW, TrackAction.UPDATE, TrackAction.END


def fill_disk(outbox: Outbox) -> None:
    """Allow SQLite no page more than the file has: every commit ends as on a disk that is full."""
    (pages,) = outbox._file.connection.execute("PRAGMA page_count").fetchone()
    outbox._file.connection.execute(f"PRAGMA max_page_count = {pages}")


def big(seq: int, number: int, action: TrackAction = UPDATE, epoch: str = "e1") -> TrackEvent:
    """An event of which the last page of a small file holds none more."""
    return track(seq, action=action, track=number, epoch=epoch, reason="x" * 5000)


NODE = """
import sys
from pipeline.bus.publisher import Publisher
from tests.pipeline.bus.test_write_ahead import END, NEW, UPDATE, big, fill_disk

bus = Publisher(sys.argv[1], node="node", epoch="e1", outbox=sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
if "stored" in sys.argv:
    bus.on_event(big(0, 1, NEW))
    bus.on_event(big(1, 2, NEW))
    assert bus._outbox.flush(5)
fill_disk(bus._outbox)
first = 2 if "stored" in sys.argv else 0
for seq, number, action in [(0, 3, NEW), (1, 2, END), (2, 4, NEW), (3, 3, UPDATE), (4, 4, END)]:
    bus.on_event(big(first + seq, number, action))
sys.stdin.readline()
"""


@pytest.mark.parametrize("stored", ["stored", "never"])
def test_a_node_that_is_killed_on_a_full_disk_gets_its_ends_with_numbers_that_nobody_has_seen(
    tmp_path: Path, stored: str
) -> None:
    address, outbox = f"ipc://{tmp_path}/bus", str(tmp_path / "o.db")
    command = [sys.executable, "-c", NODE, address, outbox, stored]
    with (
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as node,
        Subscriber(address, topics=("v1/",), start="replay") as subscriber,
    ):
        assert node.stdin
        assert node.stdout
        node.stdout.readline()
        node.stdin.write("\n")
        node.stdin.flush()
        before = receive(subscriber, 7 if stored == "stored" else 5)
        node.kill()
        assert node.wait(10) == -signal.SIGKILL
        with closing(Publisher(address, node="node", epoch="e2", outbox=outbox)) as bus:
            after = receive_from_new_run(subscriber, bus)
    last = len(before) - 1
    assert [item.seq for item in before if isinstance(item, TrackEvent)] == list(range(last + 1))
    killed = [item for item in after if isinstance(item, TrackEvent)]
    tracks = [1, 3] if stored == "stored" else [3]
    assert [(end.epoch, end.seq, end.track, end.action, end.reason) for end in killed] == [
        ("e1", last + 1 + place, number, END, REASON) for place, number in enumerate(tracks)
    ]
    assert not [item for item in after if isinstance(item, Gap)]


def receive(subscriber: Subscriber, count: int) -> list[Item]:
    items = [subscriber.receive(10) for _ in range(count)]
    assert all(items)
    return [item for item in items if item]


def receive_from_new_run(subscriber: Subscriber, bus: Publisher) -> list[Item]:
    """Everything up to the first event of the new run."""
    items: list[Item] = []
    for seq in range(400):
        bus.on_event(camera(seq, epoch="e2"))
        if (item := subscriber.receive(0.05)) is not None:
            items.append(item)
        if item is not None and item.epoch == "e2":
            return items
    raise AssertionError("the subscriber receives nothing of the new run")


def publish(ahead: WriteAhead, *events: Event) -> None:
    for event in events:
        ahead.add(topic(event), event, encode(event))
    ahead.ensure()


def open_ahead(outbox: Outbox, epoch: str) -> WriteAhead:
    ahead = WriteAhead(outbox, LatestEvents(), node="node", epoch=epoch)
    ahead.end_killed_runs()
    return ahead


def rows(path: Path) -> list[tuple[str, int, str, bool]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(
            "SELECT epoch, seq, coalesce(json_extract(nullif(CAST(body AS TEXT), ''), '$.action'), ''), "
            "length(body) > 0 FROM events ORDER BY id"
        ).fetchall()


def leave(outbox: Outbox, path: Path) -> Path:
    """The files as a node that is killed now leaves them, in a folder of their own."""
    folder = path.parent / f"after-{path.parent.name}"
    shutil.copytree(path.parent, folder, ignore=shutil.ignore_patterns("after-*", "*.lock", "*-shm"))
    return folder / path.name


def test_runs_that_follow_each_other_on_a_full_disk_are_all_ended_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "o.db"
    for number in (1, 2, 3):
        with closing(Outbox(path, commit_seconds=0)) as outbox:
            fill_disk(outbox)
            ahead = open_ahead(outbox, f"e{number}")
            publish(ahead, *(big(seq, 7, (NEW, UPDATE)[seq > 0], f"e{number}") for seq in range(number)))
            assert not outbox.flush(5)
            path = leave(outbox, path)
    with closing(Outbox(path)) as outbox:
        open_ahead(outbox, "e4")
        assert outbox.sent.read() == []
    assert rows(path) == [("e1", 1, "end", True), ("e2", 2, "end", True), ("e3", 3, "end", True)]
    with closing(Outbox(path)) as outbox:
        open_ahead(outbox, "e5")
    assert len(rows(path)) == 3, "a run is ended once"


def test_a_stored_run_is_ended_before_one_that_never_could_store_anything(tmp_path: Path) -> None:
    path = tmp_path / "o.db"
    with closing(Outbox(path, commit_seconds=0)) as outbox:
        publish(open_ahead(outbox, "e1"), *(big(number, number, NEW) for number in range(20)))
        path = leave(outbox, path)
    with closing(Outbox(path, commit_seconds=0)) as outbox:
        fill_disk(outbox)
        publish(open_ahead(outbox, "e2"), big(0, 8, NEW, "e2"))
        waiting = [(row.epoch, row.seq) for row in outbox.unstored()]
        assert waiting == [("e1", 20 + number) for number in range(20)] + [("e2", 0)]
        path = leave(outbox, path)
    with closing(Outbox(path)) as outbox:
        open_ahead(outbox, "e3")
    ended = [(epoch, seq) for epoch, seq, action, _ in rows(path) if action == "end"]
    assert ended == [("e1", 20 + number) for number in range(20)] + [("e2", 1)]


def test_a_run_that_was_stopped_on_a_full_disk_leaves_marks_of_its_last_events(tmp_path: Path) -> None:
    path = tmp_path / "o.db"
    with closing(Outbox(path, commit_seconds=0)) as outbox:
        ahead = open_ahead(outbox, "e1")
        publish(ahead, big(0, 1, NEW))
        fill_disk(outbox)
        publish(ahead, big(1, 1), big(2, 1, END))
    assert outbox.dropped == 2
    with closing(Outbox(path)) as outbox:
        open_ahead(outbox, "e2")
    assert rows(path) == [("e1", 0, "new", True), ("e1", 2, "", False)]


def test_once_all_is_stored_the_note_is_empty_and_the_ends_come_from_what_is_stored(tmp_path: Path) -> None:
    path = tmp_path / "o.db"
    with closing(Outbox(path, commit_seconds=0)) as outbox:
        ahead = open_ahead(outbox, "e1")
        fill_disk(outbox)
        publish(ahead, big(0, 1, NEW), big(1, 2, NEW))
        assert [run.epoch for run in outbox.sent.read()] == ["e1"]
        outbox._file.connection.execute("PRAGMA max_page_count = 1000000")
        publish(ahead, big(2, 1, END))
        assert outbox.sent.read() == []
    with closing(Outbox(path)) as outbox:
        open_ahead(outbox, "e2")
    assert [(seq, action) for _, seq, action, _ in rows(path)] == [(0, "new"), (1, "new"), (2, "end"), (3, "end")]


def test_events_that_no_queue_could_hold_leave_the_note_for_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.bus.outbox.writer._MAX_PENDING_EVENTS", 2)
    path = tmp_path / "o.db"
    with closing(Outbox(path, commit_seconds=0)) as outbox:
        ahead = open_ahead(outbox, "e1")
        fill_disk(outbox)
        publish(ahead, big(0, 1, NEW), big(1, 1), big(2, 2, NEW), big(3, 1, END))
        assert outbox.dropped == 2
        outbox._file.connection.execute("PRAGMA max_page_count = 1000000")
        assert outbox.flush(5)
        publish(ahead, camera(0))
        path = leave(outbox, path)
    with closing(Outbox(path)) as outbox:
        open_ahead(outbox, "e2")
    tracks = [(seq, action) for _, seq, action, _ in rows(path) if action]
    assert tracks == [(0, "new"), (1, "update"), (4, "end")], "track 2, whose first event was sent only"


def test_the_note_holds_no_names(tmp_path: Path) -> None:
    with closing(Outbox(tmp_path / "o.db", commit_seconds=0)) as outbox:
        ahead = open_ahead(outbox, "e1")
        fill_disk(outbox)
        publish(ahead, *(track(seq, evidence=evidence("Ada"), reason="x" * 500) for seq in range(30)))
        assert b'"track"' in outbox.sent.path.read_bytes()
        assert b"Ada" not in outbox.sent.path.read_bytes()


ON_A_FULL_DISK = """
import os, sys
from contextlib import suppress
from pathlib import Path
from pipeline.bus.publisher import Publisher
from pipeline.events import TrackAction
from tests.synthetic.events import track

def fill(step):
    with suppress(OSError), open("/mnt/fill", "ab", buffering=0) as file:
        while True:
            file.write(bytes(step))

bus = Publisher("ipc:///tmp/" + sys.argv[1], node="node", epoch="e1", outbox="/mnt/o.db")
bus.on_event(track(0, action=TrackAction.NEW))
assert bus._outbox.flush(5)
fill(4096)
fill(1)
for seq in range(1, 100):
    bus.on_event(track(seq, action=TrackAction.NEW, track=seq))
with suppress(OSError):
    bus.close()
again = Publisher("ipc:///tmp/" + sys.argv[1], node="node", epoch="e2", outbox="/mnt/o.db")
print(len(again._outbox.unstored()))
os.unlink("/mnt/fill")
print(again._outbox.flush(5), len(again._outbox.unstored()))
again.close()
"""
_TMPFS = ["unshare", "-rm", "sh", "-c", 'mount -t tmpfs -o size=1500k tmpfs /mnt && exec "$@"', "sh"]


def can_mount() -> bool:
    return bool(shutil.which("unshare")) and not subprocess.run([*_TMPFS, "true"], capture_output=True).returncode


@pytest.mark.skipif(not can_mount(), reason="needs a file system of its own")
def test_on_a_disk_that_really_is_full(tmp_path: Path) -> None:
    script = textwrap.dedent(ON_A_FULL_DISK)
    command = [*_TMPFS, sys.executable, "-c", script, f"glimpse-full-{tmp_path.name}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=15)
    assert done.stdout.split() == ["99", "True", "0"], done.stderr
