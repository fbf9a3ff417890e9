"""Answers those who came late or missed something: a ROUTER socket beside the publisher, JSON in and out.

A client asks for one page at a time and says where to go on, rather than being sent everything: the client sets the
pace, the server keeps no state per client, and a client that stops reading costs nothing.
"""

import logging
import sqlite3
import threading
from concurrent.futures import Future
from typing import Annotated

import msgspec
import zmq
from msgspec import Meta

from pipeline.bus.curve_keys import ServerKeys
from pipeline.bus.outbox import Outbox, OutboxReader, Query
from pipeline.events import SCHEMA_VERSION, CameraEvent, Event, HealthEvent, IdentityEvent, TrackAction, TrackEvent

log = logging.getLogger(__name__)

MAX_REQUEST = 1 << 16
_MAX_PAGE_BYTES = 1 << 20
_ALL = f"v{SCHEMA_VERSION}/"

Context = zmq.Context[zmq.Socket[bytes]]
Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Name = Annotated[str, Meta(max_length=256)]


class Request(msgspec.Struct, frozen=True, kw_only=True, tag_field="request", forbid_unknown_fields=True):
    """`id` comes back in the answer; `topic` is a prefix, as in a subscription."""

    id: Count = 0
    topic: Name = _ALL


class SnapshotRequest(Request, frozen=True, kw_only=True, tag="snapshot"):
    """What is the case now?"""


class ReplayRequest(Request, frozen=True, kw_only=True, tag="replay"):
    """Send kept events again, in the order of publication; see pipeline.bus.outbox.Query for what the fields select."""

    epoch: Name = ""
    since: Name = ""
    before: Name = ""
    seen: dict[Name, Count] = {}
    first: Count = 0
    last: Count | None = None
    after: Count = 0
    limit: Annotated[int, Meta(ge=1, le=1000)] = 500


class Answer(msgspec.Struct, frozen=True, kw_only=True, tag_field="answer"):
    """Who answers, in which run."""

    id: int
    node: str
    epoch: str


class SnapshotAnswer(Answer, frozen=True, kw_only=True, tag="snapshot"):
    """The last event of each camera and open track (its name, too), and the last seq of each topic at that moment."""

    events: list[msgspec.Raw]
    last_seq: dict[str, int]


class ReplayAnswer(Answer, frozen=True, kw_only=True, tag="replay"):
    """One page; with `more`, ask again with `after` set to `cursor`."""

    events: list[msgspec.Raw]
    more: bool
    cursor: int


class ErrorAnswer(Answer, frozen=True, kw_only=True, tag="error"):
    """Why there is no other answer."""

    error: str


AnyAnswer = SnapshotAnswer | ReplayAnswer | ErrorAnswer

_requests = msgspec.json.Decoder(SnapshotRequest | ReplayRequest)


class Latest:
    """What a late joiner needs to know; written by the publishing thread, read by the replay thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cameras: dict[str, tuple[str, bytes]] = {}
        self._tracks: dict[tuple[str, int], tuple[str, bytes]] = {}
        self._names: dict[tuple[str, int], tuple[str, bytes]] = {}
        self._health: dict[str, tuple[str, bytes]] = {}
        self._last_seq: dict[str, int] = {}

    def note(self, topic: str, event: Event, body: bytes) -> None:
        """Take account of one event, before it is sent."""
        with self._lock:
            self._last_seq[topic] = event.seq
            match event:
                case TrackEvent(action=TrackAction.END):
                    self._tracks.pop((event.camera, event.track), None)
                    self._names.pop((event.camera, event.track), None)
                case TrackEvent():
                    self._tracks[event.camera, event.track] = (topic, body)
                case IdentityEvent(person=None):
                    self._names.pop((event.camera, event.track), None)
                case IdentityEvent():
                    self._names[event.camera, event.track] = (topic, body)
                case CameraEvent():
                    self._cameras[event.camera] = (topic, body)
                case HealthEvent():
                    self._health[event.node] = (topic, body)

    def snapshot(self, prefix: str) -> tuple[list[bytes], dict[str, int]]:
        """Encoded events (cameras, then tracks, names and the heartbeat) and the last seq, of topics with `prefix`."""
        with self._lock:
            parts = [list(part.values()) for part in (self._cameras, self._tracks, self._names, self._health)]
            last = dict(self._last_seq)
        events = [body for part in parts for topic, body in part if topic.startswith(prefix)]
        return events, {topic: seq for topic, seq in last.items() if topic.startswith(prefix)}


class Replies:
    """Turns requests into answers, without a socket; `close` it in the thread that used it."""

    def __init__(self, node: str, epoch: str, latest: Latest, outbox: Outbox | None) -> None:
        self._node = node
        self._epoch = epoch
        self._latest = latest
        self._outbox = outbox
        self._reader: OutboxReader | None = None

    def answer(self, data: bytes) -> bytes:
        """The encoded answer to one encoded request; whatever is wrong with it becomes an ErrorAnswer."""
        return msgspec.json.encode(self._answer(data))

    def close(self) -> None:
        if self._reader:
            self._reader.close()

    def _answer(self, data: bytes) -> AnyAnswer:
        if len(data) > MAX_REQUEST:
            return self._error(0, f"expected a request of at most {MAX_REQUEST} bytes, got {len(data)}")
        try:
            request = _requests.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return self._error(0, str(error))
        if isinstance(request, SnapshotRequest):
            return self._snapshot(request)
        try:
            return self._replay(request)
        except sqlite3.Error as error:
            log.warning("replay failed: %s", error)
            return self._error(request.id, f"the outbox cannot be read: {error}")

    def _snapshot(self, request: SnapshotRequest) -> SnapshotAnswer:
        bodies, last = self._latest.snapshot(request.topic)
        events = [msgspec.Raw(body) for body in bodies]
        return SnapshotAnswer(id=request.id, node=self._node, epoch=self._epoch, events=events, last_seq=last)

    def _replay(self, request: ReplayRequest) -> ReplayAnswer | ErrorAnswer:
        if self._outbox is None:
            return self._error(request.id, "this node keeps no outbox (events.outbox)")
        if not self._outbox.flush():  # a slow disk: an empty page that says there is more, so that none gives up
            return self._page_of([], more=True, request=request)
        self._reader = self._reader or OutboxReader(self._outbox.path)
        query = Query(
            topic=request.topic,
            epoch=request.epoch,
            first=request.first,
            last=request.last,
            after=request.after,
            since=request.since,
            seen=request.seen,
            before=request.before,
        )
        page, more = _page(self._reader.read(query, request.limit + 1), request.limit)
        return self._page_of(page, more=more, request=request)

    def _page_of(self, page: list[tuple[int, bytes]], *, more: bool, request: ReplayRequest) -> ReplayAnswer:
        return ReplayAnswer(
            id=request.id,
            node=self._node,
            epoch=self._epoch,
            events=[msgspec.Raw(body) for _, body in page],
            more=more,
            cursor=page[-1][0] if page else request.after,
        )

    def _error(self, request: int, error: str) -> ErrorAnswer:
        return ErrorAnswer(id=request, node=self._node, epoch=self._epoch, error=error)


def _page(rows: list[tuple[int, bytes]], limit: int) -> tuple[list[tuple[int, bytes]], bool]:
    """As many rows as fit in one answer (at least one), and whether any are left over."""
    size = taken = 0
    for _, body in rows[:limit]:
        size += len(body)
        if taken and size > _MAX_PAGE_BYTES:
            break
        taken += 1
    return rows[:taken], taken < len(rows)


class ReplayServer:
    """The thread that owns the ROUTER socket. The constructor returns once it is bound, or raises its zmq.ZMQError."""

    def __init__(self, context: Context, address: str, *, keys: ServerKeys | None, replies: Replies) -> None:
        self._replies = replies
        self._stop = context.socket(zmq.PAIR)
        self._stop.linger = 0
        wake = f"inproc://replay-{id(self)}"
        self._stop.bind(wake)
        bound: Future[None] = Future()
        self._thread = threading.Thread(
            target=self._run, args=(context, address, wake, keys, bound), name="replay", daemon=True
        )
        self._thread.start()
        try:
            bound.result()
        except zmq.ZMQError:
            self._thread.join()
            self._stop.close()
            raise

    def close(self) -> None:
        """Stop answering; call it once, from the thread that made it."""
        self._stop.send(b"")
        self._thread.join()
        self._stop.close()

    def _run(
        self,
        context: Context,
        address: str,
        wake: str,
        keys: ServerKeys | None,
        bound: "Future[None]",
    ) -> None:
        with context.socket(zmq.ROUTER) as router, context.socket(zmq.PAIR) as stop:
            try:
                stop.linger = 0
                stop.connect(wake)
                _bind(router, address, keys)
            except zmq.ZMQError as error:
                bound.set_exception(error)
                return
            bound.set_result(None)
            self._serve(router, stop)
        self._replies.close()

    def _serve(self, router: zmq.Socket[bytes], stop: zmq.Socket[bytes]) -> None:
        poller = zmq.Poller()
        poller.register(router, zmq.POLLIN)
        poller.register(stop, zmq.POLLIN)
        while stop not in dict(poller.poll()):
            client, *frames = router.recv_multipart()
            # A REQ socket puts an empty frame first and wants it back.
            *envelope, body = frames or [b""]
            router.send_multipart([client, *envelope[:1], self._replies.answer(body)])


def _bind(router: zmq.Socket[bytes], address: str, keys: ServerKeys | None) -> None:
    router.linger = 500
    router.sndhwm = router.rcvhwm = 100
    router.maxmsgsize = 1 << 20
    router.ipv6 = "[" in address
    if keys:
        keys.apply(router)
    router.bind(address)
