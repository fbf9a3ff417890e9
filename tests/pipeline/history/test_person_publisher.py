"""Queued events reach a real subscriber, are stored before they are deleted, and are never lost by a kill."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from pipeline.bus.client import ALL, Subscriber
from pipeline.bus.publisher import Publisher
from pipeline.events import Event, HealthEvent, PersonAction, PersonEvent
from pipeline.history.person_events import queue_person_event
from pipeline.history.person_publisher import PersonPublisher
from pipeline.history.store import HistoryWriter
from tests.synthetic.person_queue import queued_person_events
from tests.synthetic.visits import visit


class Outlet:
    """Takes events; stores them only when told to."""

    def __init__(self, *, stores: bool = True) -> None:
        self.events: list[Event] = []
        self.beats: list[HealthEvent] = []
        self.stores = stores

    def on_event(self, event: Event) -> None:
        if isinstance(event, HealthEvent):
            self.beats.append(event)
        else:
            self.events.append(event)

    def flush(self, timeout: float) -> bool:
        return self.stores


@contextmanager
def history(path: Path, *groups: int) -> Iterator[HistoryWriter]:
    with HistoryWriter(path) as writer:
        writer.add(visit(None), None)
        for group in groups:
            queue_person_event(writer.database, PersonAction.GROUPED, track=1, at=5.0, group=group)
        yield writer


def test_a_subscriber_that_comes_later_gets_all_from_the_outbox(tmp_path: Path) -> None:
    outbox = str(tmp_path / "person.db")
    for run, groups in (("e1", (1, 2)), ("e2", (3,))):
        with (
            closing(Publisher("tcp://127.0.0.1:*", node="node.history", epoch=run, outbox=outbox)) as publisher,
            history(tmp_path / "h.db", *groups) as writer,
        ):
            PersonPublisher(writer.database, publisher, node="node.history", epoch=run).step()
            assert queued_person_events(writer.database, limit=9) == []
    with (
        closing(Publisher("tcp://127.0.0.1:*", node="node.history", epoch="e3", outbox=outbox)) as publisher,
        closing(Subscriber(publisher.address, topics=(ALL,), start="replay")) as bus,
    ):
        events = [bus.receive(5.0) for _ in range(5)]
    found = [(event.epoch, event.seq, event.group) for event in events if isinstance(event, PersonEvent)]
    assert found == [("e1", 0, "unknown-1"), ("e1", 1, "unknown-2"), ("e2", 0, "unknown-3")]


def test_what_is_not_stored_waits_and_is_not_sent_twice_in_one_run(tmp_path: Path) -> None:
    outlet = Outlet(stores=False)
    with history(tmp_path / "h.db", 1) as writer:
        persons = PersonPublisher(writer.database, outlet, node="n", epoch="e1", clock=lambda: 0.0)
        persons.step()
        persons.step()
        assert len(outlet.events) == len(queued_person_events(writer.database, limit=9)) == 1
        outlet.stores = True
        persons.step()
        assert queued_person_events(writer.database, limit=9) == []
        again = PersonPublisher(writer.database, outlet, node="n", epoch="e2", clock=lambda: 0.0)
        again.step()
    assert len(outlet.events) == 1


def test_a_heartbeat_tells_the_last_number_of_each_topic(tmp_path: Path) -> None:
    outlet = Outlet()
    with history(tmp_path / "h.db", 1, 2) as writer:
        persons = PersonPublisher(writer.database, outlet, node="n", epoch="e1", clock=lambda: 0.0)
        persons.step()
        persons.step()
    [beat] = outlet.beats
    assert beat.last_seq == {"v1/person/door/": 1, "v1/health/n/": 0}
