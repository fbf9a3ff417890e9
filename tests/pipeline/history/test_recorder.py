"""A recorder beside a real publisher with an outbox: killed at any moment, it loses and doubles nothing."""

import itertools
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pipeline.bus.client import ALL, Subscriber
from pipeline.bus.publisher import Publisher
from pipeline.events import Event, HealthEvent, SampleEvent, encode, topic
from pipeline.history.recorder import record
from pipeline.history.retention import Limits, Retention
from tests.synthetic.events import NODE, health, track, until
from tests.synthetic.histories import Location, ask, open_writer
from tests.synthetic.visits import visit

ROOT = Path(__file__).parents[3]


@contextmanager
def node(folder: Path, *, epoch: str = "e1") -> Iterator[Publisher]:
    with closing(
        Publisher("tcp://127.0.0.1:*", node="node", epoch=epoch, outbox=str(folder / "outbox.db"))
    ) as publisher:
        yield publisher


def stored(place: Location) -> list[bytes]:
    """The bodies of all events, in order of node, run, topic and seq."""
    query = "SELECT body FROM events JOIN epochs ON epochs.id = events.epoch ORDER BY node, name, topic, seq"
    return [bytes(body) for (body,) in ask(place, query)]


def expected(events: list[Event]) -> list[bytes]:
    """The same of what was published; template and crop of a sample are kept elsewhere."""
    kept = [
        msgspec.structs.replace(event, template=b"", crop=b"") if isinstance(event, SampleEvent) else event
        for event in events
        if not isinstance(event, HealthEvent)
    ]
    return [encode(event) for event in sorted(kept, key=lambda event: (event.epoch, topic(event), event.seq))]


def visits(count: int, epoch: str = "e1") -> list[Event]:
    """Visits of Ada and of strangers in turn, numbered by topic as a node does."""
    events, seqs = [], Counter[str]()
    for number in range(1, count + 1):
        for event in visit(None if number % 2 else "Ada", number=number, epoch=epoch):
            events.append(msgspec.structs.replace(event, seq=seqs[topic(event)]))
            seqs[topic(event)] += 1
    return events


class Beats:
    """The heartbeats of a node, which tell a client what it has missed."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._seqs = itertools.count()

    def wait(self, condition: Callable[[], bool], events: list[Event], seconds: float = 10.0) -> None:
        """Beat until a condition holds. events: what was published."""
        last_seq = {topic(event): event.seq for event in events}
        until(condition, poke=lambda: self._publisher.on_event(health(next(self._seqs), last_seq)), seconds=seconds)


class Recorder:
    """`record` in a thread of this process."""

    def __init__(self, address: str, place: Location) -> None:
        self._address, self._place = address, place
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        with open_writer(self._place, clock=time.time) as history:
            retention = Retention(history.database, Limits(), unknowns=False)
            with Subscriber(self._address, topics=(ALL,), start=history.position or "replay") as bus:
                record(bus, history, retention, stop=self._stop.is_set)

    def close(self) -> None:
        self._stop.set()
        self._thread.join()


def test_what_happened_before_between_and_after_two_recorders_is_kept_once(place: Location, tmp_path: Path) -> None:
    events = visits(30)
    with node(tmp_path) as publisher:
        beats = Beats(publisher)
        for number in range(3):
            for event in events[number * 50 : (number + 1) * 50]:
                publisher.on_event(event)
            if number != 1:
                published = events[: (number + 1) * 50]
                wanted = expected(published)
                with closing(Recorder(publisher.address, place)):
                    beats.wait(partial(has, place, len(wanted)), published)
                assert stored(place) == wanted


def has(place: Location, count: int) -> bool:
    """Whether at least so many events are stored."""
    try:
        return bool(ask(place, "SELECT count(*) FROM events")[0][0] >= count)
    except (ValueError, OSError):  # it has no tables yet
        return False


def test_a_restarted_node_goes_on_in_the_same_history(place: Location, tmp_path: Path) -> None:
    events = [*visits(5), *visits(5, epoch="e2")]
    for epoch in ("e1", "e2"):
        with node(tmp_path, epoch=epoch) as publisher:
            for event in events:
                if event.epoch == epoch:
                    publisher.on_event(event)
    with node(tmp_path, epoch="e3") as publisher, closing(Recorder(publisher.address, place)):
        publisher.on_event(track(0, epoch="e3"))
        until(lambda: has(place, len(expected(events)) + 1))
    assert stored(place)[:-1] == expected(events)


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_recorder_that_is_killed_again_and_again_loses_and_doubles_nothing(place: Location, tmp_path: Path) -> None:
    """Real processes and SIGKILL, in the middle of what a node publishes."""
    events = visits(200)
    early, late = events[:-50], events[-50:]
    with node(tmp_path) as publisher:
        beats = Beats(publisher)
        for start in range(0, len(early), 300):
            with recorder(publisher.address, place) as process:
                for event in early[start : start + 300]:
                    publisher.on_event(event)
                published = early[: start + 300]
                beats.wait(partial(has, place, len(expected(published)) - 200), published, seconds=30)
                process.kill()
        with recorder(publisher.address, place) as process:
            for event in late:
                publisher.on_event(event)
            beats.wait(partial(has, place, len(expected(events))), events, seconds=30)
            process.send_signal(signal.SIGTERM)
            assert process.wait() == 0
    assert stored(place) == expected(events)
    assert ask(place, "SELECT count(*), count(ended) FROM tracks") == [(200, 200)]
    assert ask(place, "SELECT count(*) FROM templates") == [(100,)]
    assert ask(place, "SELECT count(*) FROM gaps") == [(0,)]


def recorder(address: str, place: Location, *, node: str = NODE, **options: Any) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "glimpse", "history", "record", address, str(place), "--node", node]
    return subprocess.Popen(command, cwd=ROOT, **options)
