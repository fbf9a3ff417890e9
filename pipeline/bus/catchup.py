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
from pipeline.bus.past_runs import PastRuns
from pipeline.bus.pending_requests import ANSWER_TIMEOUT_SECONDS, PendingRequest, PendingRequests
from pipeline.bus.position import Item, Position, StartFrom
from pipeline.bus.reorder import Gap, ReorderBuffer
from pipeline.events import Event, HealthEvent, decode, is_known_topic, is_of_later_version, topic

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 600.0  # a machine that restarts is silent for minutes, and its outbox still holds all
MAX_HELD_EVENTS = 100_000
# Halving 500 nine times leaves one event; more failures than that are not the size of the page.
_MAX_INVALID_ANSWERS = 12
# msgspec does not wrap Python's own errors for invalid UTF-8 and for too deep nesting.
DECODE_ERRORS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


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
        self._requests = PendingRequests(send, answer_timeout)
        self._patience = patience
        self._heard = 0.0
        self._epoch = ""
        # The first seq of a topic not seen before; None while the topic may have begun before we subscribed.
        self._first_seq: int | None = None
        self._past = PastRuns()
        self._lost_prefixes: list[str] = []
        self._buffers: dict[tuple[str, str], ReorderBuffer] = {}
        self._held: list[Event] = []
        self._start(start)

    @property
    def deadline(self) -> float | None:
        """When `expire` must be called next."""
        return self._requests.deadline

    @property
    def is_settled(self) -> bool:
        """Whether all that has arrived was received, and no past run is being completed."""
        return not self.ready and not self._requests.block_live

    def on_event(self, event: Event, now: float) -> None:
        """Process an event that was published just now."""
        self._heard = now
        self._follow(event, now)

    def on_answer(self, answer: AnyAnswer, now: float) -> None:
        """Process the answer to a request, however late; ignore a second one. What in it is no event is skipped."""
        self._heard = now
        pending = self._requests.find(answer.id)
        if pending is None:
            return
        if isinstance(answer, ErrorAnswer) and answer.retry:
            self._requests.postpone(pending, now)
            return
        self._requests.remove(answer.id)
        self._requests.note_answer(pending)
        if isinstance(answer, ReplayAnswer):
            self._release_page(answer, pending)
            if answer.more and isinstance(pending.request, ReplayRequest):
                self._requests.ask_for_next_page(pending, answer.cursor, now)
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
        key = self._requests.oldest()
        pending = None if key is None else self._requests.find(key)
        if key is None or pending is None:
            return
        pending.invalid += 1
        if pending.invalid > _MAX_INVALID_ANSWERS:
            self._give_up(key, now)
        else:
            self._requests.ask_again(pending, now)

    def expire(self, now: float) -> None:
        """Send overdue requests again; give them up if the node has been silent for too long.

        Call it only when no received message is left to process.
        """
        for key, pending in self._requests.overdue(now):
            if now - self._heard < self._patience:
                self._requests.wait_longer()
                self._requests.ask_again(pending, now)
            else:
                self._give_up(key, now)

    def _follow(self, event: Event, now: float) -> None:
        if self._past.is_over(event.epoch):
            return  # sent before the restart that we know of: the answers about that run cover it
        if self._requests.block_live:
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
                self._requests.ask(kind(topic=prefix), None, blocks_live=True, now=None)

    def _apply_snapshot(self, answer: SnapshotAnswer) -> None:
        events = sorted(_decode_all(answer.events), key=lambda event: (topic(event), event.seq))
        # The snapshot is of a later run than what is held: it takes the place of those events.
        for event in self._held:
            if event.epoch < answer.epoch:
                self._past.end(event.epoch)
        # Overlapping prefixes (v1/ and v1/track/) bring a topic twice: the first answer released its events.
        self.ready.extend(event for event in events if (event.epoch, topic(event)) not in self._buffers)
        self.ready.append(Position(answer.epoch, answer.last_seq))
        self._set_last_seq(answer.epoch, answer.last_seq)

    def _set_last_seq(self, epoch: str, last_seq: dict[str, int]) -> None:
        for name, seq in last_seq.items():
            self._buffer(name, epoch).expected = seq + 1

    def _give_up(self, key: int, now: float) -> None:
        pending = self._requests.remove(key)
        pending.lost = True
        self._finish(pending, now)

    def _request_missing(self, buffer: ReorderBuffer, now: float) -> None:
        """Request missing events, with one request per topic at a time."""
        if buffer.size > MAX_HELD_EVENTS:
            self.ready.extend(buffer.skip_missing())
        missing = buffer.missing
        if missing is None or self._requests.is_missing_requested(buffer):
            return
        first, last = missing
        request = ReplayRequest(topic=buffer.topic, epoch=buffer.epoch, first=first, last=last)
        self._requests.ask(request, buffer, blocks_live=False, now=now)

    def _is_subscribed(self, name: str) -> bool:
        return name.startswith(self._topics) and is_known_topic(name)

    def _buffer(self, name: str, epoch: str) -> ReorderBuffer:
        if (epoch, name) not in self._buffers:
            first_seq = self._first_seq if epoch == self._epoch else self._past.first_seq(epoch)
            self._buffers[epoch, name] = ReorderBuffer(name, epoch, first_seq)
        return self._buffers[epoch, name]

    def _hold(self, event: Event, now: float) -> None:
        self._held.append(event)
        self._requests.start_timing(now)
        if len(self._held) > MAX_HELD_EVENTS:
            for key in self._requests.ids():
                if self._requests.find(key):
                    self._give_up(key, now)

    def _follow_restart(self, event: Event, now: float) -> None:
        """Request the rest of the old run, and any runs between it and the new one, before the new run's events."""
        old = self._epoch
        seen = {
            name: buffer.expected - 1
            for (epoch, name), buffer in self._buffers.items()
            if epoch == old and buffer.expected
        }
        for prefix in self._topics:
            request = ReplayRequest(topic=prefix, since=old, before=event.epoch, seen=seen)
            self._requests.ask(request, None, blocks_live=True, now=now)
        self._past.since = (old, self._first_seq)
        self._past.end(old)
        self._epoch, self._first_seq = event.epoch, 0
        self._hold(event, now)

    def _release_page(self, answer: ReplayAnswer, pending: PendingRequest) -> None:
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
                is_over = epoch not in (answer.epoch, self._epoch) and self._past.is_asked_for(epoch, pending.request)
                if is_over and self._is_wanted(name, epoch):
                    self._buffer(name, epoch).note_published(seq)

    def _is_wanted(self, name: str, epoch: str) -> bool:
        """Whether a replayed event is subscribed to and not of a run that was completed earlier."""
        return self._is_subscribed(name) and self._past.is_wanted(epoch)

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

    def _finish(self, pending: PendingRequest, now: float) -> None:
        """Close a request: events that its answers did not bring are lost."""
        buffer = pending.buffer
        if buffer is not None and isinstance(pending.request, ReplayRequest):
            self.ready.extend(buffer.skip_missing(pending.request.last))
            self._request_missing(buffer, now)
        elif pending.lost and isinstance(pending.request, ReplayRequest) and pending.request.since:
            self._lost_prefixes.append(pending.request.topic)
        if pending.blocks_live and not self._requests.block_live:
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
            self._past.end(buffer.epoch)
            del self._buffers[buffer.epoch, buffer.topic]
        self._requests.forget(past)
        if self._past.since:
            since, _ = self._past.since
            self._tell_lost_end(since, [buffer for buffer in past if buffer.epoch == since])
        self._past.since, self._lost_prefixes = None, []

    def _tell_lost_end(self, epoch: str, buffers: list[ReorderBuffer]) -> None:
        """Report that nobody knows how a run ended, for each topic, or for the prefix if no topic is known."""
        for prefix in self._lost_prefixes:
            first_seqs = {
                buffer.topic: buffer.expected or 0 for buffer in buffers if buffer.topic.startswith(prefix)
            } or {prefix: 0}
            self.ready.extend(Gap(name, epoch, seq, seq, open_end=True) for name, seq in first_seqs.items())


def _decode_all(bodies: list[msgspec.Raw]) -> list[Event]:
    """Decode events; skip what is of a later version's kind, and (logged) what is no event, so that the others stay."""
    events = []
    for raw in bodies:
        try:
            events.append(decode(bytes(raw)))
        except DECODE_ERRORS as error:
            if is_of_later_version(bytes(raw)):
                continue
            log.warning("skipped something in an answer that is not an event: %s", error)
    return events
