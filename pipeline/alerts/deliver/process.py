"""What the processes of webhooks and mail do alike: alerts from the bus into a file, from there to each receiver."""

import logging
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from configs.read import ConfigurationError
from pipeline.alerts.deliver.addresses import alerts_address
from pipeline.alerts.deliver.backlog import Backlog
from pipeline.alerts.deliver.file import DeliveryFile
from pipeline.alerts.deliver.intake import Intake
from pipeline.alerts.deliver.pending import Pending
from pipeline.alerts.deliver.receiver import Choose, Receiver, Send, one_by_one
from pipeline.alerts.deliver.threads import run_receivers
from pipeline.alerts.deliver.wanted import delivery_of
from pipeline.bus.client import Subscriber
from pipeline.bus.position import StartFrom
from pipeline.events import AlertEvent, Event, topic_of
from pipeline.settings.rooms.deliveries import Wanted
from pipeline.settings.types import Settings

log = logging.getLogger(__name__)

STREAM = "alerts"
ALERTS = (topic_of("alert", "").removesuffix("/"),)


@dataclass(frozen=True)
class Place:
    """A section of the settings: its name, its file, and the folder of its CURVE keys."""

    section: str
    file: str
    curve: str

    @property
    def path(self) -> Path:
        """Raises ConfigurationError where there is no file."""
        if not self.file:
            raise ConfigurationError(f"{self.section}.file: expected the path of an SQLite file, got none")
        return Path(self.file)


@dataclass(frozen=True)
class Delivering:
    """A receiver, what it wants, and how it is written to."""

    name: str
    wanted: Wanted
    send: Send
    choose: Choose = one_by_one


def deliver_alerts(
    settings: Settings,
    place: Place,
    parts: Sequence[Delivering],
    *,
    stop: Callable[[], bool],
    clock: Callable[[], float] = time.time,
) -> None:
    """Deliver alerts until `stop` says so. clock: Unix seconds. Raises ConfigurationError, ValueError and OSError."""
    address, path = alerts_address(settings), place.path
    with Backlog(path, clock=clock) as backlog:
        if deleted := backlog.register([part.name for part in parts]):
            log.warning("%s: deleted %d messages for receivers that are gone", place.section, deleted)
    receivers = [Receiver(_opener(path, part, clock), part.send, choose=part.choose) for part in parts]

    def wake() -> None:
        for receiver in receivers:
            receiver.wake()

    def take(is_stopping: Callable[[], bool]) -> None:
        with Backlog(path, clock=clock) as backlog:
            start: StartFrom = backlog.position(STREAM) or "replay"
            with Subscriber(address, topics=ALERTS, start=start, curve=place.curve) as bus:
                Intake(STREAM, bus, backlog, make_take(parts), wake=wake).run(is_stopping)

    run_receivers(receivers, take, stop)


def make_take(parts: Sequence[Delivering]) -> Callable[[Backlog, Sequence[Event]], None]:
    """Stores for each receiver what it wants of the alerts among some events."""

    def take(backlog: Backlog, events: Sequence[Event]) -> None:
        for event in events:
            for part in parts if isinstance(event, AlertEvent) else ():
                assert isinstance(event, AlertEvent)
                if delivery := delivery_of(event, part.name, part.wanted):
                    backlog.add(delivery)

    return take


def _opener(path: Path, part: Delivering, clock: Callable[[], float]) -> Callable[[], Pending]:
    """Opens the queue of a receiver in the thread that sends to it."""

    def open_pending() -> Pending:
        file = DeliveryFile(path, create=True)
        return Pending(file, part.name, bounds=part.wanted, clock=clock, random=random.random)

    return open_pending
