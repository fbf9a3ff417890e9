"""A node that is killed with -9 leaves tracks without an end; the next start ends them."""

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from pipeline.bus.client import Gap, Item, Subscriber
from pipeline.bus.killed_run import REASON, close_runs
from pipeline.bus.outbox import Outbox, SentRun
from pipeline.bus.publisher import Publisher
from pipeline.events import Event, TrackAction, TrackEvent, encode, topic
from tests.synthetic.events import camera, evidence, identity, track
from tests.synthetic.world import ROOT

NEW, UPDATE, END = TrackAction.NEW, TrackAction.UPDATE, TrackAction.END
NODE = """
import sys, time
from pipeline.bus.publisher import Publisher
from pipeline.events import TrackAction
from tests.synthetic.events import camera, track
bus = Publisher(sys.argv[1], node="node", epoch="e1", outbox=sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
bus.on_event(track(0, action=TrackAction.NEW))
bus.on_event(track(1, action=TrackAction.NEW, track=2))
bus.on_event(track(2, action=TrackAction.NEW, track=3))
bus.on_event(track(3, action=TrackAction.END, track=2))
bus.on_event(camera(0))
sys.stdin.readline()
"""


def store(path: Path, *events: Event) -> None:
    with closing(Outbox(path)) as outbox:
        for event in events:
            outbox.put(topic(event), event, encode(event))


def missing_ends(path: Path, node: str, epoch: str, noted: Sequence[SentRun] = ()) -> list[TrackEvent]:
    return [end for run in close_runs(path, node, epoch, noted) for end in run.ends]


def ends(path: Path, epoch: str = "e2") -> list[tuple[str, int, int]]:
    return [(event.camera, event.track, event.seq) for event in missing_ends(path, "node", epoch)]


def test_after_a_kill_the_next_start_ends_the_tracks_without_a_gap_and_nothing_twice(tmp_path: Path) -> None:
    address, outbox = f"ipc://{tmp_path}/bus", str(tmp_path / "o.db")
    command = [sys.executable, "-c", NODE, address, outbox]
    with (
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as node,
        Subscriber(address, topics=("v1/track/", "v1/camera/"), start="replay") as subscriber,
    ):
        assert node.stdin
        assert node.stdout
        node.stdout.readline()
        node.stdin.write("\n")
        node.stdin.flush()
        before = receive(subscriber, 5)
        node.kill()
        assert node.wait(10) == -signal.SIGKILL
        with closing(Publisher(address, node="node", epoch="e2", outbox=outbox)) as bus:
            seq = 0
            while (item := subscriber.receive(0.05)) is None:
                bus.on_event(camera(seq, epoch="e2"))
                seq += 1
            after = [item, *receive(subscriber, 2)]
    assert [(item.epoch, item.seq) for item in before if isinstance(item, TrackEvent)] == [("e1", n) for n in range(4)]
    assert [(item.epoch, topic(item), item.seq) for item in after if not isinstance(item, Gap)] == [
        ("e1", "v1/track/door/", 4),
        ("e1", "v1/track/door/", 5),
        ("e2", "v1/camera/door/", 0),
    ]
    killed = [item for item in after if isinstance(item, TrackEvent)]
    assert [(item.track, item.action, item.reason) for item in killed] == [(1, END, REASON), (3, END, REASON)]


def receive(subscriber: Subscriber, count: int) -> list[Item]:
    items = [subscriber.receive(10) for _ in range(count)]
    assert all(items)
    return [item for item in items if item]


def test_an_end_repeats_the_last_that_is_known_of_its_track(tmp_path: Path) -> None:
    last = track(1, wall_time=time.time() - 60, age=2.5)
    store(tmp_path / "o.db", track(0, action=NEW), last, identity(0))
    [end] = missing_ends(tmp_path / "o.db", "node", "e2")
    assert (end.epoch, end.seq, end.wall_time, end.age, end.box) == ("e1", 2, last.wall_time, 2.5, last.box)
    assert end.evidence == evidence("Ada")


def test_each_camera_counts_on_by_itself(tmp_path: Path) -> None:
    store(tmp_path / "o.db", track(0, action=NEW), track(7, camera="hall", action=NEW, track=4))
    assert ends(tmp_path / "o.db") == [("door", 1, 1), ("hall", 4, 8)]


def test_only_the_newest_run_and_only_once(tmp_path: Path) -> None:
    path = tmp_path / "o.db"
    store(path, track(0, action=NEW, epoch="e0"), track(0, action=NEW))
    assert ends(path, epoch="e1") == []
    store(path, *missing_ends(path, "node", "e2"))
    assert ends(path) == []
    store(path, camera(0, epoch="e2"))
    assert ends(path, epoch="e3") == []


def test_tracks_of_another_node_are_left(tmp_path: Path) -> None:
    store(tmp_path / "o.db", track(0, action=NEW, node="other"))
    assert ends(tmp_path / "o.db") == []


def test_a_damaged_event_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "o.db"
    with closing(Outbox(path)) as outbox:
        outbox.put("v1/track/door/", track(0, action=NEW), encode(track(0, action=NEW)))
        outbox.put("v1/track/door/", track(1), b"\xff{")
    assert ends(path) == [("door", 1, 2)]


def test_a_node_that_cannot_bind_ends_nothing(tmp_path: Path) -> None:
    path = tmp_path / "o.db"
    store(path, track(0, action=NEW))
    with closing(Publisher("tcp://127.0.0.1:*", node="other", epoch="e9")) as bus:
        try:
            Publisher(bus.address, node="node", epoch="e2", outbox=str(path))
        except ValueError:
            pass
    assert ends(path) == [("door", 1, 1)]
