"""The state of a subscription: what to request from the node, and in which order to release events. No sockets.

Live events are held back while an answer must come first: the snapshot at the start, or the rest of a run after a
restart. A gap within one topic holds back that topic only.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import msgspec

from pipeline.bus.messages import (
    AnyAnswer,
    ErrorAnswer,
    ReplayAnswer,
    ReplayRequest,
    Request,
    SnapshotAnswer,
    SnapshotRequest,
)
from pipeline.bus.reorder import Gap, ReorderBuffer
from pipeline.events import Event, HealthEvent, decode, topic

ANSWER_TIMEOUT_SECONDS = 3.0
MAX_HELD_EVENTS = 100_000

Item = Event | Gap


class Position(msgspec.Struct, frozen=True):
    """The last event a consumer received of each topic: store it (as JSON, say) and pass it as `start` to resume."""

    epoch: str = ""
    last_seq: dict[str, int] = {}


StartFrom = Literal["snapshot", "replay", "live"] | Position


@dataclass(slots=True)
class _PendingRequest:
    """A request that was not answered yet.

    buffer: where the missing events belong; None for requests at the start and after a restart.
    blocks_live: live events are held back until it is answered.
    deadline: None until the node is known to be up.
    """

    request: Request
    buffer: ReorderBuffer | None
    blocks_live: bool
    deadline: float | None


class SubscriptionState:
    """Turns live events and answers into `ready` items: in order within each topic, each event once.

    send: called with each request for the node.
    answer_timeout: seconds after which a request counts as failed.
    """

    def __init__(
        self,
        topics: tuple[str, ...],
        start: StartFrom,
        *,
        send: Callable[[Request], None],
        answer_timeout: float = ANSWER_TIMEOUT_SECONDS,
    ) -> None:
        # A Position among the items: once all items before it are received, these are the last events seen.
        self.ready: deque[Item | Position] = deque()
        self._topics = topics
        self._send = send
        self._answer_timeout = answer_timeout
        self._epoch = ""
        # The first seq of a topic not seen before; None while the topic may have begun before we subscribed.
        self._first_seq: int | None = None
        self._buffers: dict[tuple[str, str], ReorderBuffer] = {}
        self._pending: dict[int, _PendingRequest] = {}
        self._held: list[Event] = []
        self._last_id = 0
        self._start(start)

    @property
    def deadline(self) -> float | None:
        """When `expire` must be called next."""
        deadlines = (pending.deadline for pending in self._pending.values())
        return min((deadline for deadline in deadlines if deadline is not None), default=None)

    def on_event(self, event: Event, now: float) -> None:
        """Process an event that was published just now."""
        if self._live_is_blocked():
            self._hold(event, now)
        elif self._epoch and event.epoch != self._epoch:
            self._follow_restart(event, now)
        else:
            self._epoch = event.epoch
            self._release(event, now)
            if isinstance(event, HealthEvent):
                self._compare_last_seq(event.last_seq, now)

    def on_answer(self, answer: AnyAnswer, now: float) -> None:
        """Process the answer to a request; an answer after the timeout is ignored.

        Raises msgspec.MsgspecError if an event in it cannot be decoded: its request then counts as not answered.
        """
        events = [] if isinstance(answer, ErrorAnswer) else [decode(bytes(raw)) for raw in answer.events]
        pending = self._pending.pop(answer.id, None)
        if pending is None:
            return
        if isinstance(answer, ReplayAnswer):
            for event in events:
                self._release_replayed(event, pending.buffer)
            if answer.more and isinstance(pending.request, ReplayRequest):
                self._request_next_page(pending, answer.cursor, now)
                return
        elif isinstance(answer, SnapshotAnswer):
            self._apply_snapshot(answer, events)
        if not self._epoch and not isinstance(answer, ErrorAnswer):
            self._epoch, self._first_seq = answer.epoch, 0
        self._finish(pending, now)

    def expire(self, now: float) -> None:
        """Give up requests whose answer is overdue."""
        deadlines = {key: pending.deadline for key, pending in self._pending.items()}
        for key in [key for key, deadline in deadlines.items() if deadline is not None and deadline <= now]:
            self._finish(self._pending.pop(key), now)

    def _start(self, start: StartFrom) -> None:
        if isinstance(start, Position):
            self._epoch, self._first_seq = start.epoch, 0 if start.epoch else None
            self._set_last_seq(start.epoch, start.last_seq)
        elif start != "live":
            for prefix in self._topics:
                kind = SnapshotRequest if start == "snapshot" else ReplayRequest
                self._request(kind(topic=prefix), None, blocks_live=True, deadline=None)

    def _apply_snapshot(self, answer: SnapshotAnswer, events: list[Event]) -> None:
        events.sort(key=lambda event: (topic(event), event.seq))
        # Overlapping prefixes (v1/ and v1/track/) bring a topic twice: the first answer released its events.
        self.ready.extend(event for event in events if (event.epoch, topic(event)) not in self._buffers)
        self.ready.append(Position(answer.epoch, answer.last_seq))
        self._set_last_seq(answer.epoch, answer.last_seq)

    def _set_last_seq(self, epoch: str, last_seq: dict[str, int]) -> None:
        for name, seq in last_seq.items():
            self._buffer(name, epoch).expected = seq + 1

    def _request(
        self, request: Request, buffer: ReorderBuffer | None, *, blocks_live: bool, deadline: float | None
    ) -> None:
        self._last_id += 1
        request = msgspec.structs.replace(request, id=self._last_id)
        self._pending[self._last_id] = _PendingRequest(request, buffer, blocks_live, deadline)
        self._send(request)

    def _request_next_page(self, pending: _PendingRequest, cursor: int, now: float) -> None:
        request = msgspec.structs.replace(pending.request, after=cursor)
        deadline = now + self._answer_timeout
        self._request(request, pending.buffer, blocks_live=pending.blocks_live, deadline=deadline)

    def _request_missing(self, buffer: ReorderBuffer, now: float) -> None:
        """Request missing events, with one request per topic at a time."""
        if buffer.size > MAX_HELD_EVENTS:
            self.ready.extend(buffer.skip_missing())
        missing = buffer.missing
        if missing is None or any(pending.buffer is buffer for pending in self._pending.values()):
            return
        first, last = missing
        request = ReplayRequest(topic=buffer.topic, epoch=buffer.epoch, first=first, last=last)
        self._request(request, buffer, blocks_live=False, deadline=now + self._answer_timeout)

    def _is_subscribed(self, name: str) -> bool:
        return name.startswith(self._topics)

    def _live_is_blocked(self) -> bool:
        return any(pending.blocks_live for pending in self._pending.values())

    def _buffer(self, name: str, epoch: str) -> ReorderBuffer:
        if (epoch, name) not in self._buffers:
            first_seq = self._first_seq if epoch == self._epoch else None
            self._buffers[epoch, name] = ReorderBuffer(name, epoch, first_seq)
        return self._buffers[epoch, name]

    def _hold(self, event: Event, now: float) -> None:
        self._held.append(event)
        for pending in self._pending.values():
            if pending.deadline is None:
                pending.deadline = now + self._answer_timeout
            if len(self._held) > MAX_HELD_EVENTS:
                pending.deadline = now

    def _follow_restart(self, event: Event, now: float) -> None:
        """Request the rest of the old run, and any runs between it and the new one, before the new run's events."""
        old, deadline = self._epoch, now + self._answer_timeout
        seen = {
            name: buffer.expected - 1
            for (epoch, name), buffer in self._buffers.items()
            if epoch == old and buffer.expected
        }
        for prefix in self._topics:
            request = ReplayRequest(topic=prefix, since=old, before=event.epoch, seen=seen)
            self._request(request, None, blocks_live=True, deadline=deadline)
        self._epoch, self._first_seq = event.epoch, 0
        self._hold(event, now)

    def _release(self, event: Event, now: float) -> None:
        name = topic(event)
        if not self._is_subscribed(name):
            return
        buffer = self._buffer(name, event.epoch)
        self.ready.extend(buffer.push(event))
        self._request_missing(buffer, now)

    def _release_replayed(self, event: Event, buffer: ReorderBuffer | None) -> None:
        # Use the buffer that made the request even if it was dropped: a new one would expect this event as its first.
        if buffer is None:
            buffer = self._buffer(topic(event), event.epoch)
        self.ready.extend(buffer.push(event))

    def _compare_last_seq(self, last_seq: dict[str, int], now: float) -> None:
        """Find out from a heartbeat which events are missing at the end of each topic."""
        for name, seq in last_seq.items():
            if self._is_subscribed(name):
                buffer = self._buffer(name, self._epoch)
                if buffer.expected is None:
                    self.ready.append(Position(self._epoch, {name: seq}))
                buffer.note_published(seq)
                self._request_missing(buffer, now)
        self._first_seq = 0

    def _finish(self, pending: _PendingRequest, now: float) -> None:
        """Close a request: events that its answers did not bring are lost."""
        buffer = pending.buffer
        if buffer is not None and isinstance(pending.request, ReplayRequest):
            self.ready.extend(buffer.skip_missing(pending.request.last))
            self._request_missing(buffer, now)
        if pending.blocks_live and not self._live_is_blocked():
            self._drop_past_runs()
            held, self._held = self._held, []
            for event in held:
                self.on_event(event, now)

    def _drop_past_runs(self) -> None:
        for buffer in [buffer for (epoch, _), buffer in self._buffers.items() if epoch != self._epoch]:
            self.ready.extend(buffer.skip_missing())
            del self._buffers[buffer.epoch, buffer.topic]
