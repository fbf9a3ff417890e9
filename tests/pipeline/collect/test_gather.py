"""Gathering from real nodes: late ones, new runs, split networks, and what each node keeps meanwhile."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import msgspec
import pytest

from pipeline.bus.client import Subscriber
from pipeline.bus.publisher import Publisher
from pipeline.collect.database import open_collection
from pipeline.collect.gather import Gathering
from pipeline.collect.retention import StreamRetention
from pipeline.collect.store import StreamWriter
from pipeline.events import Event
from pipeline.history.database import Database
from pipeline.settings.rooms.collect import GATHERED
from tests.synthetic.collection import keys
from tests.synthetic.events import camera, health, sample, track, until
from tests.synthetic.node import free_address
from tests.synthetic.proxy import proxy


class Node:
    """A publisher with an outbox, that makes track events of one camera and heartbeats."""

    def __init__(self, folder: Path, name: str, address: str, epoch: str) -> None:
        self.name, self.epoch, self.outbox = name, epoch, folder / f"{name}.db"
        self.publisher = Publisher(address, node=name, epoch=epoch, outbox=str(self.outbox))
        self._next = self._beats = 0

    def make(self, count: int) -> None:
        for _ in range(count):
            self._send(track(self._next, epoch=self.epoch))
            self._next += 1
        self.publisher.flush(5)

    def beat(self) -> None:
        last = {"v1/track/door/": self._next - 1} if self._next else {}
        self._send(health(self._beats, last, epoch=self.epoch))
        self._beats += 1

    def keys(self) -> list[str]:
        """Of all runs: also the `end` that a start makes for a track that the run before left open."""
        query = "SELECT epoch, topic, seq FROM events WHERE topic LIKE 'v1/track/%' ORDER BY id"
        with closing(sqlite3.connect(self.outbox)) as database:
            return [f"{self.name}/{epoch}/{topic}{seq}" for epoch, topic, seq in database.execute(query)]

    def acknowledged(self) -> int:
        """The row that this node keeps nothing before for the collector; -1: it does not know it."""
        file = self.outbox.with_name(f"{self.outbox.name}.consumers")
        return int(json.loads(file.read_bytes())["collector"]["acknowledged"]) if file.exists() else -1

    def close(self) -> None:
        self.publisher.close()

    def _send(self, event: Event) -> None:
        self.publisher.on_event(msgspec.structs.replace(event, node=self.name))


@contextmanager
def gathering(database: Database, *addresses: str) -> Iterator[Gathering]:
    writer, times = StreamWriter(database), iter(range(0, 10_000_000, 10))
    with ExitStack() as stack:
        buses = {
            address: stack.enter_context(
                Subscriber(address, topics=GATHERED, start=writer.position(address) or "replay")
            )
            for address in addresses
        }
        retention = StreamRetention(database, days=1, megabytes=100)
        yield Gathering(buses, writer, retention, consumer="collector", clock=lambda: float(next(times)))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(open_collection(str(tmp_path / "collection.db"), create=True)) as database:
        yield database


def until_gathered(made: Gathering, database: Database, *nodes: Node) -> None:
    """Gather until everything is there, then compare: nothing else, nothing twice, each node in its own order."""
    expected = [key for node in nodes for key in node.keys()]

    def poke() -> None:
        for node in nodes:
            node.beat()
        made.step()

    until(lambda: len(keys(database)) >= len(expected), poke=poke)
    poke()
    found = keys(database)
    assert sorted(found) == sorted(expected)
    for node in nodes:
        assert [key for key in found if key.startswith(f"{node.name}/")] == node.keys()


def test_two_nodes_and_one_that_comes_late(tmp_path: Path, database: Database) -> None:
    addresses = [free_address() for _ in range(3)]
    with ExitStack() as stack:
        first, second = (
            stack.enter_context(closing(Node(tmp_path, name, address, "a")))
            for name, address in zip(("first", "second"), addresses[:2], strict=True)
        )
        first.make(30)
        made = stack.enter_context(gathering(database, *addresses))
        second.make(40)
        until_gathered(made, database, first, second)
        late = stack.enter_context(closing(Node(tmp_path, "late", addresses[2], "a")))
        late.make(20)
        second.make(5)
        until_gathered(made, database, first, second, late)


@pytest.mark.parametrize("days", [(1, 2, 3, 4), (4, 2, 3, 1)], ids=["clock", "clock that jumps"])
def test_new_runs_while_the_collector_is_away(tmp_path: Path, database: Database, days: tuple[int, ...]) -> None:
    address = free_address()
    *before, last = (f"2025010{day}T000000Z-x" for day in days)
    for epoch in before:
        with closing(Node(tmp_path, "node", address, epoch)) as node:
            node.make(10)
            if epoch == before[0]:
                with gathering(database, address) as made:
                    until_gathered(made, database, node)
                node.make(7)
    with closing(Node(tmp_path, "node", address, last)) as node, gathering(database, address) as made:
        node.make(3)
        until_gathered(made, database, node)
        assert len({key.split("/")[1] for key in keys(database)}) == 4


def test_a_network_that_is_split_for_a_while(tmp_path: Path, database: Database) -> None:
    address, shown = free_address(), free_address()
    real, seen = (int(one.rpartition(":")[2]) for one in (address, shown))
    with (
        closing(Node(tmp_path, "node", address, "a")) as node,
        proxy(real, seen) as events,
        proxy(real + 1, seen + 1) as replay,
        gathering(database, shown) as made,
    ):
        node.make(10)
        until_gathered(made, database, node)
        for one in (events, replay):
            one.cut()
        node.make(200)
        for _ in range(5):
            node.beat()
            made.step()
        assert len(keys(database)) == 10
        for one in (events, replay):
            one.mend()
        node.make(10)
        until_gathered(made, database, node)


def test_a_node_is_told_what_is_stored_and_nothing_more(tmp_path: Path, database: Database) -> None:
    address = free_address()
    with closing(Node(tmp_path, "node", address, "a")) as node, gathering(database, address) as made:
        until(lambda: node.acknowledged() == 0, poke=made.step)  # all is wanted, before anything is there
        node.make(10)
        until_gathered(made, database, node)
        until(lambda: node.acknowledged() >= 10, poke=made.step)


def test_heartbeats_and_samples_are_left_out_unless_asked_for(tmp_path: Path, database: Database) -> None:
    address = free_address()
    with closing(Node(tmp_path, "node", address, "a")) as node, gathering(database, address) as made:
        for event in (camera(0, epoch="a"), sample(0, epoch="a")):
            node.publisher.on_event(event)
        node.make(1)
        until(lambda: len(keys(database)) >= 2, poke=lambda: (node.beat(), made.step())[0])
        assert sorted(key.split("/")[3] for key in keys(database)) == ["camera", "track"]
