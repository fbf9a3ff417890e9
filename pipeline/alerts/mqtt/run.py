"""The process of MQTT: events and alerts from their buses into a file, and from there to the broker."""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Sequence

from pipeline.alerts.deliver.addresses import alerts_address, events_address, persons_address
from pipeline.alerts.deliver.backlog import Backlog
from pipeline.alerts.deliver.file import DeliveryFile
from pipeline.alerts.deliver.intake import Intake, Take
from pipeline.alerts.deliver.pending import Pending
from pipeline.alerts.deliver.process import ALERTS, Place
from pipeline.alerts.deliver.threads import Threads
from pipeline.alerts.mqtt.broker import Broker
from pipeline.alerts.mqtt.link import Link
from pipeline.alerts.mqtt.take import EVENTS, FRIGATE, Enrolled, Taker
from pipeline.alerts.mqtt.topics import Topics
from pipeline.bus.client import Subscriber
from pipeline.bus.position import StartFrom
from pipeline.events import SCHEMA_VERSION
from pipeline.settings.types import Settings

log = logging.getLogger(__name__)

PERSONS = (f"v{SCHEMA_VERSION}/person/",)
NODE_TOPICS = tuple(f"v{SCHEMA_VERSION}/{kind}/" for kind in ("track", "identity", "camera", "health"))


class MqttProcess:
    """Its parts, ready to run. Raises ConfigurationError for settings that cannot be right. clock: Unix seconds."""

    def __init__(
        self, settings: Settings, *, enrolled: Enrolled = lambda: None, clock: Callable[[], float] = time.time
    ) -> None:
        section = settings.mqtt
        self._settings, self._clock = section, clock
        self._topics = Topics(section.topic, settings.node)
        self._broker = Broker(section, self._topics)
        self._place = Place("mqtt", section.file, section.curve)
        self._path, self._events = self._place.path, events_address(settings)
        self._alerts = alerts_address(settings) if settings.alerts.bind not in ("", "none") else ""
        self._names = persons_address(settings) if settings.history.bind not in ("", "none") else ""
        self._taker = Taker(section, settings.node, enrolled=enrolled, clock=clock)

    def run(self, stop: Callable[[], bool]) -> None:
        """Deliver until `stop` says so. Raises ValueError and OSError for a file that cannot be used."""
        names = [EVENTS, *[FRIGATE] * bool(self._settings.frigate)]
        with Backlog(self._path, clock=self._clock) as backlog:
            backlog.register(names)
        threads = Threads()
        with DeliveryFile(self._path, create=True) as file:
            queues = [
                Pending(file, name, bounds=self._settings, clock=self._clock, random=random.random) for name in names
            ]
            link = Link(self._broker, self._settings, self._topics, file, queues)
            take_events = self._taker.take_events
            threads.start("events", self._intake(threads, link, self._events, "events", NODE_TOPICS, take_events))
            if self._alerts:
                take_alerts = self._taker.take_alerts
                threads.start("alerts", self._intake(threads, link, self._alerts, "alerts", ALERTS, take_alerts))
            if self._names:
                take_names = self._taker.take_names
                threads.start("names", self._intake(threads, link, self._names, "names", PERSONS, take_names))
            try:
                asyncio.run(link.run(lambda: stop() or threads.stopping.is_set()))
            finally:
                threads.wait(lambda: True)

    def _intake(
        self, threads: Threads, link: Link, address: str, stream: str, topics: Sequence[str], take: Take
    ) -> Callable[[], None]:
        """The work of a thread that takes one stream."""
        is_node = stream == "events"
        first: StartFrom = (
            "replay" if stream == "alerts" else "snapshot"
        )  # what a node said last week is no news; its state is

        def work() -> None:
            with Backlog(self._path, clock=self._clock) as backlog:
                start = backlog.position(stream) or first
                with Subscriber(address, topics=tuple(topics), start=start, curve=self._place.curve) as bus:
                    intake = Intake(stream, bus, backlog, take, wake=link.wake, always=is_node)
                    intake.run(threads.stopping.is_set)

        return work
