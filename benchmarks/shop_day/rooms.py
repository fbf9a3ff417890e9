"""History, unknown groups and alerts as their processes run them, on the clock of the day.

Events reach them directly, in the order of the bus. Alerts go over the real bus, with its outbox, to the real process
of the webhooks, and from there to a receiver over HTTP.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.shop_day.day_clock import RUN, DayClock
from pipeline.alerts.database import Database as AlertDatabase
from pipeline.alerts.outgoing import AlertPublisher
from pipeline.alerts.run import Alerts
from pipeline.alerts.webhooks.run import run_webhooks
from pipeline.bus.publisher import Publisher
from pipeline.events import Event, HealthEvent
from pipeline.history.database import Database, open_database
from pipeline.history.groups.grouper import Grouper
from pipeline.history.groups.nightly import Nightly
from pipeline.history.person_publisher import PersonPublisher
from pipeline.history.retention import Retention
from pipeline.history.store import HistoryWriter
from pipeline.settings.types import Settings
from recognizer.links import Links
from tests.synthetic.http_receiver import HttpReceiver

NODE, HISTORY = "node", "history"  # names of streams
RETENTION_SECONDS = 10.0
DELIVERY_SECONDS = 30.0  # of real time, in which what was raised last has to arrive


@dataclass
class Inbox:
    """Takes `person` events in the place of a bus."""

    events: list[Event] = field(default_factory=list)

    def on_event(self, event: Event) -> None:
        self.events.append(event)

    def flush(self, timeout: float) -> bool:
        """What is in the list is stored."""
        return timeout > 0

    def take(self) -> list[Event]:
        """What came since."""
        taken, self.events = self.events, []
        return taken


class Rooms:
    """Everything beside the engine. seconds: of real time by room."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        alerts: Alerts,
        publisher: Publisher,
        links: Links,
        clock: DayClock,
    ) -> None:
        history = settings.history
        self.database, self.alerts, self._clock = database, alerts, clock
        self._writer = HistoryWriter(database, node=settings.node, unknowns=True, clock=clock.wall)
        self._retention = Retention(database, history, unknowns=True, clock=clock.wall)
        self._next_retention = 0.0
        wall, steady = clock.wall, clock.steady
        self._grouper = Grouper(database, links, false_link=history.false_link, clock=steady, wall=wall)
        self._nightly = Nightly(
            database,
            links,
            false_link=history.false_link,
            at=history.recluster_at,
            changed=self._grouper.forget,
            wall=wall,
        )
        self._inbox = Inbox()
        node = f"{settings.node}.history"
        self._persons = PersonPublisher(database, self._inbox, node=node, epoch=RUN, clock=steady, wall=wall)
        node = f"{settings.node}.alerts"
        self._outgoing = AlertPublisher(publisher, node=node, epoch=RUN, published=set(), clock=steady, wall=wall)
        alerts.listen([NODE])
        self.seconds = dict.fromkeys(("history", "groups", "alerts"), 0.0)

    def step(self, events: Sequence[Event], *, tick: bool) -> None:
        """Take in what the engine published. tick: a second has passed."""
        self._timed("history", lambda: self._record(events))
        current = [NODE] if tick else None
        items = {name: found for name, found in ((NODE, events), (HISTORY, self._inbox.take())) if found}
        if items or tick:
            self._timed("alerts", lambda: self.alerts.step(items, {}, current=current))
            self._timed("alerts", lambda: self._outgoing.step(self.alerts.store))

    def regroup(self) -> None:
        """What happens at night."""
        self._nightly.begin()
        self._nightly.wait()

    def _record(self, events: Sequence[Event]) -> None:
        if self._clock.seconds >= self._next_retention:
            self._next_retention = self._clock.seconds + RETENTION_SECONDS
            self._retention.step()
        kept = [event for event in events if not isinstance(event, HealthEvent)]
        touched = self._writer.add(kept, None) if kept else set()
        began = time.perf_counter()
        self._grouper.step(touched)
        self._nightly.step(touched)
        self._persons.step()
        spent = time.perf_counter() - began
        self.seconds["groups"] += spent
        self.seconds["history"] -= spent

    def _timed(self, room: str, work: Callable[[], object]) -> None:
        began = time.perf_counter()
        work()
        self.seconds[room] += time.perf_counter() - began


@contextmanager
def open_rooms(
    settings: Settings, folder: Path, links: Links, clock: DayClock, receiver: HttpReceiver
) -> Iterator[Rooms]:
    """All rooms, with their files in `folder`; at the end everything that was raised has had time to arrive."""
    with (
        open_database(folder / "history.db", create=True) as database,
        AlertDatabase(folder / "alerts.db", create=True) as file,
        closing(_publisher(settings)) as publisher,
        _delivering(settings, clock),
    ):
        rooms = Rooms(settings, database, Alerts(settings.alerts, file, clock=clock.wall), publisher, links, clock)
        yield rooms
        _wait_for_deliveries(file, publisher, receiver)


def _publisher(settings: Settings) -> Publisher:
    alerts = settings.alerts
    return Publisher(alerts.bind, node=f"{settings.node}.alerts", epoch=RUN, outbox=alerts.outbox)


@contextmanager
def _delivering(settings: Settings, clock: DayClock) -> Iterator[None]:
    """The process of the webhooks, as a thread."""
    stop = threading.Event()
    thread = threading.Thread(target=lambda: run_webhooks(settings, stop.is_set, clock=clock.wall), name="webhooks")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _wait_for_deliveries(file: AlertDatabase, publisher: Publisher, receiver: HttpReceiver) -> None:
    """Wait until as many arrived as were raised, and a moment longer for what comes twice."""
    publisher.flush(DELIVERY_SECONDS)
    [(raised,)] = file.rows("SELECT count(*) FROM alerts")
    deadline = time.monotonic() + DELIVERY_SECONDS
    while len(receiver.received) < raised and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(1.0)
