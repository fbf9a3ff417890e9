"""The state of a subscription: what to request from the node, and in which order to release events. No sockets.

Live events are held back while an answer must come first: the snapshot at the start, or the rest of a run after a
restart. A gap within one topic holds back that topic only.

A request without an answer is sent again, for a smaller page each time, as long as anything is heard from the node. It
is given up once the node has been silent for `patience` seconds, once the node answers that it cannot help, or when
MAX_HELD_EVENTS events wait. Events that no answer brought become a Gap.
"""

import logging
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

log = logging.getLogger(__name__)

ANSWER_TIMEOUT_SECONDS = 3.0
MAX_ANSWER_TIMEOUT_SECONDS = 30.0
PATIENCE_SECONDS = 600.0  # a machine that restarts is silent for minutes, and its outbox still holds all
PAGE_EVENTS = 500
MAX_HELD_EVENTS = 100_000
# Halving 500 nine times leaves one event; more failures than that are not the size of the page.
_MAX_INVALID_ANSWERS = 12
_MAX_PAST_RUNS = 1000
_START_CHARACTERS = len("20261127T120000Z")  # of a run's name: when it started
_WARN_AFTER_ATTEMPTS = 3
# msgspec does not wrap Python's own errors for invalid UTF-8 and for too deep nesting.
DECODE_ERRORS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

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
    deadline: when to send it again; None until the node is known to be up.
    attempts, invalid: how often it was sent again, and how many answers could not be read.
    lost: the node does not know the run that the request asks for, or did not answer at all.
    """

    request: Request
    buffer: ReorderBuffer | None
    blocks_live: bool
    deadline: float | None
    attempts: int = 0
    invalid: int = 0
    lost: bool = False


class SubscriptionState:
    """Turns live events and answers into `ready` items: in order within each topic, each event once.

    send: called with each request for the node, again for one that was not answered.
    answer_timeout: seconds after which a request is sent again; doubles with each further attempt.
    patience: seconds of silence after which an unanswered request is given up.
    """

    def __init__(
        self,
        topics: tuple[str, ...],
        start: StartFrom,
        *,
        send: Callable[[Request], None],
        answer_timeout: float = ANSWER_TIMEOUT_SECONDS,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        # A Position among the items: once all items before it are received, these are the last events seen.
        self.ready: deque[Item | Position] = deque()
        self._topics = topics
        self._send = send
        self._answer_timeout = self._timeout = answer_timeout
        self._patience = patience
        self._page = PAGE_EVENTS
        self._heard = 0.0
        self._epoch = ""
        # The first seq of a topic not seen before; None while the topic may have begun before we subscribed.
        self._first_seq: int | None = None
        # While the rest of a past run is requested: that run, and the first seq of its new topics.
        self._since: tuple[str, int | None] | None = None
        self._past: dict[str, None] = {}  # runs that are over, in the order of their ends
        self._lost_prefixes: list[str] = []
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
        self._heard = now
        self._follow(event, now)

    def on_answer(self, answer: AnyAnswer, now: float) -> None:
        """Process the answer to a request, however late; ignore a second one. What in it is no event is skipped."""
        self._heard = now
        pending = self._pending.get(answer.id)
        if pending is None:
            return
        if isinstance(answer, ErrorAnswer) and answer.retry:
            pending.deadline = now + self._timeout
            return
        del self._pending[answer.id]
        self._note_speed(pending)
        if isinstance(answer, ReplayAnswer):
            self._release_page(answer, pending)
            if answer.more and isinstance(pending.request, ReplayRequest):
                self._request_next_page(pending, answer.cursor, now)
                return
        elif isinstance(answer, SnapshotAnswer):
            self._apply_snapshot(answer)
        else:
            pending.lost = True
        if not self._epoch and not isinstance(answer, ErrorAnswer):
            self._epoch, self._first_seq = answer.epoch, 0
        self._finish(pending, now)

    def on_invalid_answer(self, now: float) -> None:
        """Note an answer that cannot be read: ask again for less, and for a single event not without limit."""
        self._heard = now
        if not self._pending:
            return
        key = min(self._pending)
        pending = self._pending[key]
        pending.invalid += 1
        if pending.invalid > _MAX_INVALID_ANSWERS:
            self._give_up(key, now)
        else:
            self._send_again(pending, now)

    def expire(self, now: float) -> None:
        """Send overdue requests again; give them up if the node has been silent for too long.

        Call it only when no received message is left to process.
        """
        for key, pending in list(self._pending.items()):
            if pending.deadline is None or pending.deadline > now or key not in self._pending:
                continue
            if now - self._heard < self._patience:
                self._timeout = min(2 * self._timeout, MAX_ANSWER_TIMEOUT_SECONDS)
                self._send_again(pending, now)
            else:
                self._give_up(key, now)

    def _follow(self, event: Event, now: float) -> None:
        if event.epoch in self._past:
            return  # sent before the restart that we know of: the answers about that run cover it
        if self._live_is_blocked():
            self._hold(event, now)
        elif self._epoch and event.epoch != self._epoch:
            self._follow_restart(event, now)
        else:
            self._epoch = event.epoch
            self._release(event, now)
            if isinstance(event, HealthEvent):
                self._compare_last_seq(event.last_seq, now)

    def _start(self, start: StartFrom) -> None:
        if isinstance(start, Position):
            self._epoch, self._first_seq = start.epoch, 0 if start.epoch else None
            self._set_last_seq(start.epoch, start.last_seq)
        elif start != "live":
            for prefix in self._topics:
                kind = SnapshotRequest if start == "snapshot" else ReplayRequest
                self._request(kind(topic=prefix), None, blocks_live=True, deadline=None)

    def _apply_snapshot(self, answer: SnapshotAnswer) -> None:
        events = sorted(_decode_all(answer.events), key=lambda event: (topic(event), event.seq))
        # The snapshot is of a later run than what is held: it takes the place of those events.
        for event in self._held:
            if event.epoch < answer.epoch:
                self._end_run(event.epoch)
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
        if isinstance(request, ReplayRequest):
            request = msgspec.structs.replace(request, limit=self._page)
        self._pending[self._last_id] = _PendingRequest(request, buffer, blocks_live, deadline)
        self._send(request)

    def _request_next_page(self, pending: _PendingRequest, cursor: int, now: float) -> None:
        request = msgspec.structs.replace(pending.request, after=cursor)
        self._request(request, pending.buffer, blocks_live=pending.blocks_live, deadline=now + self._timeout)
        self._pending[self._last_id].lost = pending.lost

    def _send_again(self, pending: _PendingRequest, now: float) -> None:
        """Repeat a request under its old id, so that an answer to an earlier attempt still counts."""
        pending.attempts += 1
        if isinstance(pending.request, ReplayRequest):
            self._page = min(self._page, max(1, pending.request.limit // 2))
            pending.request = msgspec.structs.replace(pending.request, limit=self._page)
        if pending.attempts == _WARN_AFTER_ATTEMPTS:
            log.warning("the node does not answer requests for missing events; events that follow them wait")
        pending.deadline = now + self._timeout
        self._send(pending.request)

    def _note_speed(self, pending: _PendingRequest) -> None:
        """After an answer in time, ask for more at once and wait for less."""
        if not pending.attempts:
            self._page = min(2 * self._page, PAGE_EVENTS)
            self._timeout = max(self._timeout / 2, self._answer_timeout)

    def _give_up(self, key: int, now: float) -> None:
        pending = self._pending.pop(key)
        pending.lost = True
        self._finish(pending, now)

    def _request_missing(self, buffer: ReorderBuffer, now: float) -> None:
        """Request missing events, with one request per topic at a time."""
        if buffer.size > MAX_HELD_EVENTS:
            self.ready.extend(buffer.skip_missing())
        missing = buffer.missing
        if missing is None or any(pending.buffer is buffer for pending in self._pending.values()):
            return
        first, last = missing
        request = ReplayRequest(topic=buffer.topic, epoch=buffer.epoch, first=first, last=last)
        self._request(request, buffer, blocks_live=False, deadline=now + self._timeout)

    def _is_subscribed(self, name: str) -> bool:
        return name.startswith(self._topics)

    def _live_is_blocked(self) -> bool:
        return any(pending.blocks_live for pending in self._pending.values())

    def _buffer(self, name: str, epoch: str) -> ReorderBuffer:
        if (epoch, name) not in self._buffers:
            first_seq = self._first_seq if epoch == self._epoch else self._first_past_seq(epoch)
            self._buffers[epoch, name] = ReorderBuffer(name, epoch, first_seq)
        return self._buffers[epoch, name]

    def _first_past_seq(self, epoch: str) -> int | None:
        """The first seq of a new topic in a past run; None if its beginning was not ours to receive."""
        if self._since is None:
            return None
        since, first_seq = self._since
        return first_seq if epoch == since else 0

    def _hold(self, event: Event, now: float) -> None:
        self._held.append(event)
        for key, pending in list(self._pending.items()):
            if pending.deadline is None:
                pending.deadline = now + self._timeout
            if len(self._held) > MAX_HELD_EVENTS and key in self._pending:
                self._give_up(key, now)

    def _follow_restart(self, event: Event, now: float) -> None:
        """Request the rest of the old run, and any runs between it and the new one, before the new run's events."""
        old, deadline = self._epoch, now + self._timeout
        seen = {
            name: buffer.expected - 1
            for (epoch, name), buffer in self._buffers.items()
            if epoch == old and buffer.expected
        }
        for prefix in self._topics:
            request = ReplayRequest(topic=prefix, since=old, before=event.epoch, seen=seen)
            self._request(request, None, blocks_live=True, deadline=deadline)
        self._since = (old, self._first_seq)
        self._end_run(old)
        self._epoch, self._first_seq = event.epoch, 0
        self._hold(event, now)

    def _end_run(self, epoch: str) -> None:
        self._past[epoch] = None
        if len(self._past) > _MAX_PAST_RUNS:
            del self._past[next(iter(self._past))]

    def _release_page(self, answer: ReplayAnswer, pending: _PendingRequest) -> None:
        pending.lost |= not answer.known
        events = _decode_all(answer.events)
        first = {(event.epoch, topic(event)): event.seq for event in reversed(events)}
        for lost in answer.lost:  # before the events: the first of a topic may be among them
            if self._is_wanted(lost.topic, lost.epoch):
                buffer = pending.buffer or self._buffer(lost.topic, lost.epoch)
                buffer.note_lost(lost.seq, first=min(lost.seq, first.get((lost.epoch, lost.topic), lost.seq)))
        for event in events:
            if pending.buffer is not None or self._is_wanted(topic(event), event.epoch):
                self._release_replayed(event, pending.buffer)
        for epoch, last_seq in answer.ends.items():
            for name, seq in last_seq.items():
                is_over = epoch not in (answer.epoch, self._epoch) and self._is_asked_for(epoch, pending.request)
                if is_over and self._is_wanted(name, epoch):
                    self._buffer(name, epoch).note_published(seq)

    def _is_wanted(self, name: str, epoch: str) -> bool:
        """Whether a replayed event is subscribed to and not of a run that was completed earlier."""
        since = self._since[0] if self._since else ""
        return self._is_subscribed(name) and (epoch == since or epoch not in self._past)

    def _is_asked_for(self, epoch: str, request: Request) -> bool:
        """Whether a request covers a run, by the start in its name: not one received before, nor one to come later."""
        since = self._since[0] if self._since else ""
        before = request.before if isinstance(request, ReplayRequest) else ""
        start = epoch[:_START_CHARACTERS]
        return since[:_START_CHARACTERS] <= start and (not before or start < before[:_START_CHARACTERS])

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
        elif pending.lost and isinstance(pending.request, ReplayRequest) and pending.request.since:
            self._lost_prefixes.append(pending.request.topic)
        if pending.blocks_live and not self._live_is_blocked():
            self._drop_past_runs()
            for buffer in list(self._buffers.values()):
                self._request_missing(buffer, now)
            held, self._held = self._held, []
            for event in held:
                self._follow(event, now)

    def _drop_past_runs(self) -> None:
        past = [buffer for (epoch, _), buffer in self._buffers.items() if epoch != self._epoch]
        for buffer in past:
            self.ready.extend(buffer.skip_missing())
            self._end_run(buffer.epoch)
            del self._buffers[buffer.epoch, buffer.topic]
        self._pending = {key: pending for key, pending in self._pending.items() if pending.buffer not in past}
        if self._since:
            self._tell_lost_end(self._since[0], [buffer for buffer in past if buffer.epoch == self._since[0]])
        self._since, self._lost_prefixes = None, []

    def _tell_lost_end(self, epoch: str, buffers: list[ReorderBuffer]) -> None:
        """Report that nobody knows how a run ended, for each topic, or for the prefix if no topic is known."""
        for prefix in self._lost_prefixes:
            first_seqs = {
                buffer.topic: buffer.expected or 0 for buffer in buffers if buffer.topic.startswith(prefix)
            } or {prefix: 0}
            self.ready.extend(Gap(name, epoch, seq, seq, open_end=True) for name, seq in first_seqs.items())


def _decode_all(bodies: list[msgspec.Raw]) -> list[Event]:
    """Decode events; skip (and log) what is none, so that the others are not lost with it."""
    events = []
    for raw in bodies:
        try:
            events.append(decode(bytes(raw)))
        except DECODE_ERRORS as error:
            log.warning("skipped something in an answer that is not an event: %s", error)
    return events
