"""Stores what the node's events and the alerts mean for the broker, in the transaction of the intake."""

import time
from collections.abc import Callable, Collection, Sequence

import msgspec

from pipeline.alerts.deliver.backlog import Backlog, NewDelivery
from pipeline.alerts.deliver.wanted import delivery_id
from pipeline.alerts.mqtt.frigate import frigate_message
from pipeline.alerts.mqtt.retained import keep, wanted_messages
from pipeline.alerts.mqtt.state import NodeState, face_key
from pipeline.alerts.mqtt.topics import Topics
from pipeline.events import AlertEvent, Event, HealthEvent, IdentityEvent, PersonEvent, TrackAction, TrackEvent, encode
from pipeline.settings.rooms.deliveries import MqttSettings

EVENTS, FRIGATE = "events", "frigate"
"""Queues: the bound of one does not drop what waits in the other."""
STATE = "node"
SILENT_SECONDS = 15.0
"""Without a heartbeat for so long, the node counts as offline."""

Enrolled = Callable[[], Collection[str] | None]
"""Who is enrolled; None where that is not known."""


class Taker:
    """What is known of the node, loaded from the file each time, so that an erasure there is not undone.

    clock: Unix seconds.  ticks: monotonic seconds.
    """

    def __init__(
        self,
        settings: MqttSettings,
        node: str,
        *,
        enrolled: Enrolled = lambda: None,
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._topics = settings, Topics(settings.topic, node)
        self._enrolled, self._clock, self._ticks = enrolled, clock, ticks
        self._last_beat: float | None = None

    def take_events(self, backlog: Backlog, events: Sequence[Event]) -> None:
        """Events of the node; also called without any, as people leave by the clock."""
        before = backlog.state(STATE) or b""
        state = msgspec.json.decode(before, type=NodeState) if before else NodeState()
        for event in events:
            self._take(backlog, state, event)
        enrolled = self._enrolled()
        if enrolled is not None:
            state.keep_people(enrolled, self._clock())
        after = msgspec.json.encode(state)
        if after != before:
            backlog.keep_state(STATE, after)
        people = sorted(state.people if enrolled is None else enrolled)
        wanted = wanted_messages(
            state, self._settings, self._topics, people=people, online=self._is_online(), now=self._clock()
        )
        keep(backlog.file, dict(wanted))

    def take_names(self, backlog: Backlog, events: Sequence[Event]) -> None:
        """What became of names, by the history; a heartbeat of the history is not the node's."""
        if names := [event for event in events if isinstance(event, PersonEvent) and event.track is None]:
            self.take_events(backlog, names)

    def take_alerts(self, backlog: Backlog, events: Sequence[Event]) -> None:
        """Alerts: passed on, and nothing else."""
        for event in events:
            if isinstance(event, AlertEvent):
                self._pass_on(backlog, msgspec.structs.replace(event, crop=b""))

    def _take(self, backlog: Backlog, state: NodeState, event: Event) -> None:
        if isinstance(event, HealthEvent):
            self._last_beat = self._ticks()
        if isinstance(event, IdentityEvent):
            self._pass_on(backlog, event)
        if isinstance(event, TrackEvent) and self._settings.frigate:
            self._pass_on_track(backlog, state, event)
        else:
            state.apply(event)

    def _pass_on(self, backlog: Backlog, event: IdentityEvent | AlertEvent) -> None:
        backlog.add(NewDelivery(EVENTS, delivery_id(event, EVENTS), encode(event), event.wall_time))

    def _pass_on_track(self, backlog: Backlog, state: NodeState, event: TrackEvent) -> None:
        message = frigate_message(event, state)
        state.apply(event)
        if event.action is not TrackAction.END:
            state.faces[face_key(event)].shown = message["after"]
        body = msgspec.json.encode(message)
        backlog.add(NewDelivery(FRIGATE, delivery_id(event, FRIGATE), body, event.wall_time))

    def _is_online(self) -> bool:
        return self._last_beat is not None and self._ticks() - self._last_beat < SILENT_SECONDS
