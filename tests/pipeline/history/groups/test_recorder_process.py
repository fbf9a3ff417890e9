"""A real recorder, killed again and again: each track is in one group in the end, and every link is published."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
import numpy as np
import pytest

from pipeline.bus.client import ALL, Subscriber
from pipeline.bus.publisher import Publisher
from pipeline.events import Event, PersonAction, PersonEvent, topic
from recognizer.load import EMBEDDED
from recognizer.open_links import open_links
from tests.conftest import REPOSITORY
from tests.pipeline.history.test_recorder import Beats, node
from tests.synthetic.events import until
from tests.synthetic.visits import visit

TRACKS, PEOPLE = 30, 10
SITE = """
node: node
events: {{bind: "{bind}"}}
history: {{file: h.db, unknowns: true, bind: "ipc://{folder}/person", outbox: person.db}}
cameras: []
"""


def strangers() -> list[Event]:
    """Ten people, each three times."""
    links = open_links(EMBEDDED)
    assert links is not None
    vectors = np.random.default_rng(5).normal(size=(PEOPLE, links.cohort.vectors.shape[1]))
    events: list[Event] = []
    for number in range(1, TRACKS + 1):
        vector = vectors[number % PEOPLE]
        template = (vector / np.linalg.norm(vector)).astype("<f2").tobytes()
        events += visit(
            None, number=number, first_seq=len(events), at=60.0 * number, template=template, model_id=links.model_id
        )
    return numbered(events)


def numbered(events: list[Event]) -> list[Event]:
    """Counted by topic, as a node does."""
    seqs: dict[str, int] = {}
    counted = []
    for event in events:
        seqs[topic(event)] = seqs.get(topic(event), -1) + 1
        counted.append(msgspec.structs.replace(event, seq=seqs[topic(event)]))
    return counted


@contextmanager
def recorder(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "glimpse", "history", "record", "--config", "site.yaml"]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    with subprocess.Popen(command, cwd=folder, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


def grouped(path: Path) -> int:
    """How many tracks are in a group."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            return int(database.execute("SELECT count(*) FROM track_groups").fetchone()[0])
    except sqlite3.OperationalError:  # it is not there yet
        return 0


def queued(path: Path) -> int:
    """How many events of people have not been published for good."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return int(database.execute("SELECT count(*) FROM person_queue").fetchone()[0])


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_recorder_that_is_killed_groups_every_track_once_and_publishes_each(tmp_path: Path) -> None:
    events, path = strangers(), tmp_path / "h.db"
    with node(tmp_path) as publisher:
        write_site(tmp_path, publisher)
        beats = Beats(publisher)
        for end in (len(events) // 3, 2 * len(events) // 3, len(events)):
            begin = end - len(events) // 3
            for event in events[begin:end]:
                publisher.on_event(event)
            with recorder(tmp_path):
                wanted = end // 4 if end == len(events) else end // 4 - 3
                beats.wait(lambda wanted=wanted: grouped(path) >= wanted, events[:end], seconds=30)  # type: ignore[misc]
        with recorder(tmp_path), closing(subscriber(tmp_path)) as bus:
            found: set[int] = set()
            until(lambda: receive(bus, found) >= TRACKS and queued(path) == 0, seconds=30)
    with closing(sqlite3.connect(path)) as database:
        groups = dict(
            database.execute("SELECT number, grp FROM track_groups JOIN tracks ON tracks.id = track_groups.track")
        )
        assert (
            len({(number % PEOPLE, group) for number, group in groups.items()}) == len(set(groups.values())) == PEOPLE
        )
    assert found == set(range(1, TRACKS + 1))


def write_site(folder: Path, publisher: Publisher) -> None:
    (folder / "site.yaml").write_text(SITE.format(bind=publisher.address, folder=folder))


def subscriber(folder: Path) -> Subscriber:
    return Subscriber(f"ipc://{folder}/person", topics=(ALL,), start="replay")


def receive(bus: Subscriber, found: set[int]) -> int:
    """Take what has come; returns of how many tracks a link or a new group was told."""
    while (event := bus.receive(0.0)) is not None:
        if isinstance(event, PersonEvent) and event.action is PersonAction.GROUPED:
            found.add(event.track)
    return len(found)
