"""Answers snapshot and replay requests in JSON, on a ROUTER socket beside the publisher.

A client requests one page at a time, with the cursor of the last page. So the client sets the pace, the server keeps
no state per client, and a client that stops reading costs nothing.
"""

import contextlib
import logging
import sqlite3
import threading
from concurrent.futures import Future

import msgspec
import zmq

from pipeline.bus.acknowledge import acknowledged_row
from pipeline.bus.connections import ConnectionLimits
from pipeline.bus.curve_keys import ServerKeys
from pipeline.bus.dead_peers import STALLED_PEER_MS, drop_dead_peers
from pipeline.bus.latest_events import LatestEvents
from pipeline.bus.messages import (
    AcknowledgeAnswer,
    AcknowledgeRequest,
    AnyAnswer,
    ErrorAnswer,
    Lost,
    ReplayAnswer,
    ReplayRequest,
    SnapshotAnswer,
    SnapshotRequest,
)
from pipeline.bus.outbox import Outbox, OutboxReader, Query, StoredEvent, TooManyConsumersError, is_damage
from pipeline.bus.write_ahead import WriteAhead
from pipeline.secrets.private_files import only_for_owner

log = logging.getLogger(__name__)

MAX_REQUEST_BYTES = 1 << 16
# One client that never reads or never stops asking costs at most 16 pages and 16 requests.
_MAX_PAGE_BYTES = 1 << 18
_MAX_MESSAGE_BYTES = 1 << 17
_QUEUE_MESSAGES = 16
_LINGER_MS = 500

Context = zmq.Context[zmq.Socket[bytes]]
_requests = msgspec.json.Decoder(SnapshotRequest | ReplayRequest | AcknowledgeRequest)


class RequestHandler:
    """Answers requests, without a socket. Call `close` in the thread that called `handle`.

    write_ahead: what makes sure that an event may be shown, with its outbox; None for a node that keeps none.
    """

    def __init__(self, node: str, epoch: str, latest: LatestEvents, write_ahead: WriteAhead | None) -> None:
        self._node = node
        self._epoch = epoch
        self._latest = latest
        self._write_ahead = write_ahead
        self._reader: OutboxReader | None = None

    def handle(self, data: bytes) -> bytes:
        """Return the encoded answer to an encoded request; an invalid request gets an ErrorAnswer."""
        return msgspec.json.encode(self._answer(data))

    def close(self) -> None:
        """Close the connection to the outbox."""
        if self._reader:
            self._reader.close()

    def _answer(self, data: bytes) -> AnyAnswer:
        if len(data) > MAX_REQUEST_BYTES:
            return self._error(0, f"expected a request of at most {MAX_REQUEST_BYTES} bytes, got {len(data)}")
        try:
            request = _requests.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return self._error(0, str(error))
        if isinstance(request, SnapshotRequest):
            return self._snapshot(request)
        if self._write_ahead is None:
            return self._error(request.id, "this node keeps no outbox (events.outbox)")
        return self._read_outbox(request, self._write_ahead)

    def _snapshot(self, request: SnapshotRequest) -> SnapshotAnswer:
        bodies, last_seq = self._latest.snapshot(request.topic)
        if self._write_ahead:
            self._write_ahead.ensure()
        events = [msgspec.Raw(body) for body in bodies]
        return SnapshotAnswer(id=request.id, node=self._node, epoch=self._epoch, events=events, last_seq=last_seq)

    def _read_outbox(self, request: ReplayRequest | AcknowledgeRequest, write_ahead: WriteAhead) -> AnyAnswer:
        """Answer from the outbox; a file that is damaged is repaired and read again."""
        read = self._read if isinstance(request, ReplayRequest) else self._acknowledge
        try:
            try:
                return read(request, write_ahead)  # type: ignore[arg-type]
            except sqlite3.DatabaseError as error:
                if not (is_damage(error) and write_ahead.outbox.repair()):
                    raise
            return read(request, write_ahead)  # type: ignore[arg-type]
        except (sqlite3.Error, OSError) as error:
            log.warning("replay failed: %s", error)
            is_passing = isinstance(error, sqlite3.OperationalError | OSError)  # locked or busy; not a damaged file
            answer = self._error(request.id, f"the outbox cannot be read: {error}")
            return msgspec.structs.replace(answer, retry=is_passing)

    def _acknowledge(self, request: AcknowledgeRequest, write_ahead: WriteAhead) -> AnyAnswer:
        outbox, waiting = write_ahead.outbox, write_ahead.outbox.unstored()
        row = acknowledged_row(
            request, self._open_reader(outbox), waiting, before=outbox.acknowledged(request.consumer)
        )
        try:
            outbox.acknowledge(request.consumer, row)
        except TooManyConsumersError as error:
            return self._error(request.id, str(error))
        return AcknowledgeAnswer(id=request.id, node=self._node, epoch=self._epoch, kept_after=row)

    def _open_reader(self, outbox: Outbox) -> OutboxReader:
        self._reader = self._reader or OutboxReader(outbox.path)
        return self._reader

    def _read(self, request: ReplayRequest, write_ahead: WriteAhead) -> ReplayAnswer:
        waiting = write_ahead.outbox.unstored()  # first: what comes after that is not made sure of
        write_ahead.ensure()
        reader = self._open_reader(write_ahead.outbox)
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
        page, more = _fit_page(reader.read(query, request.limit + 1, waiting), request.limit)
        answer = self._replay_answer(page, more=more, request=request)
        if more or request.epoch:
            return answer
        ends = reader.ends(request.topic, current=self._epoch, waiting=waiting)
        # A damaged key says no more which event is lost, so the end of the run counts as unknown.
        known = not request.since or (reader.knows(request.since, waiting) and all(row.topic for row in page))
        return msgspec.structs.replace(answer, ends=ends, known=known)

    def _replay_answer(self, page: list[StoredEvent], *, more: bool, request: ReplayRequest) -> ReplayAnswer:
        lost = [row for row in page if row.body is None]
        if lost:
            log.error(
                "outbox: %d lost or damaged events left out of a replay, the first is row %d", len(lost), lost[0].id
            )
        return ReplayAnswer(
            id=request.id,
            node=self._node,
            epoch=self._epoch,
            events=[msgspec.Raw(row.body) for row in page if row.body is not None],
            more=more,
            cursor=page[-1].id if page else request.after,
            lost=[Lost(topic=row.topic, epoch=row.epoch, seq=row.seq) for row in lost if row.topic],
        )

    def _error(self, request_id: int, error: str) -> ErrorAnswer:
        return ErrorAnswer(id=request_id, node=self._node, epoch=self._epoch, error=error)


def _fit_page(rows: list[StoredEvent], limit: int) -> tuple[list[StoredEvent], bool]:
    """Return as many rows as fit into one answer (at least one), and whether any are left."""
    size = count = 0
    for row in rows[:limit]:
        size += len(row.body or b"")
        if count and size > _MAX_PAGE_BYTES:
            break
        count += 1
    return rows[:count], count < len(rows)


class ReplayServer:
    """The thread that owns the ROUTER socket.

    The constructor returns once the socket is bound; it raises zmq.ZMQError if that fails.
    """

    def __init__(self, context: Context, address: str, *, keys: ServerKeys | None, handler: RequestHandler) -> None:
        self._handler = handler
        self._stop = context.socket(zmq.PAIR)
        self._stop.linger = 0
        stop_address = f"inproc://replay-{id(self)}"
        self._stop.bind(stop_address)
        bound: Future[None] = Future()
        arguments = (context, address, stop_address, keys, bound)
        self._thread = threading.Thread(target=self._run, args=arguments, name="replay", daemon=True)
        self._thread.start()
        try:
            bound.result()
        except zmq.ZMQError:
            self._thread.join()
            self._stop.close()
            raise

    def close(self) -> None:
        """Stop answering. Call it once, from the thread that created the server."""
        self._stop.send(b"")
        self._thread.join()
        self._stop.close()

    def _run(
        self, context: Context, address: str, stop_address: str, keys: ServerKeys | None, bound: "Future[None]"
    ) -> None:
        with context.socket(zmq.ROUTER) as router, context.socket(zmq.PAIR) as stop, contextlib.ExitStack() as stack:
            try:
                limits = None
                if address.startswith("tcp://"):
                    limits = stack.enter_context(contextlib.closing(ConnectionLimits(router, answers=True)))
                stop.linger = 0
                stop.connect(stop_address)
                _bind(router, address, keys)
            except zmq.ZMQError as error:
                bound.set_exception(error)
                return
            bound.set_result(None)
            self._serve(router, stop, limits)
        self._handler.close()

    def _serve(self, router: zmq.Socket[bytes], stop: zmq.Socket[bytes], limits: ConnectionLimits | None) -> None:
        poller = zmq.Poller()
        poller.register(router, zmq.POLLIN)
        poller.register(stop, zmq.POLLIN)
        while stop not in dict(poller.poll()):
            client, *frames = router.recv_multipart(copy=False)
            if limits and frames:
                limits.note_request(_descriptor_of(frames[-1]))
            # A REQ socket puts an empty frame first and expects it in the answer.
            *envelope, body = [frame.bytes for frame in frames] or [b""]
            router.send_multipart([client.bytes, *envelope[:1], self._handler.handle(body)])


def _descriptor_of(frame: zmq.Frame) -> int:
    """The descriptor of the connection that brought a frame; -1 where ZeroMQ does not say: peers before ZMTP 3."""
    try:
        return int(frame.get(zmq.SRCFD))
    except zmq.ZMQError:
        return -1


def _bind(router: zmq.Socket[bytes], address: str, keys: ServerKeys | None) -> None:
    router.linger = _LINGER_MS
    router.sndhwm = router.rcvhwm = _QUEUE_MESSAGES
    router.maxmsgsize = _MAX_MESSAGE_BYTES
    drop_dead_peers(router, after_ms=STALLED_PEER_MS)
    router.ipv6 = "[" in address
    if keys:
        keys.apply(router)
    with only_for_owner():
        router.bind(address)
