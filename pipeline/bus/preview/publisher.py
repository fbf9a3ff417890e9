"""Publishes each camera's newest picture while somebody asks for it, from a thread of its own.

The engine only leaves a reference to its newest frame: frames are read-only and never used again. The thread takes
it when the next picture is due, converts it where nobody has, and encodes it. ZeroMQ drops what a slow subscriber does
not take. The socket is made by the thread that builds the pipeline and used by this thread alone afterwards.
"""

import contextlib
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable

import zmq

from pipeline.bus.address import check_bind
from pipeline.bus.bound_socket import Context, bind_error, check_ipc_path_is_free, open_context
from pipeline.bus.connections import ConnectionLimits
from pipeline.bus.curve_keys import ServerKeys, load_server_keys, start_authenticator
from pipeline.bus.dead_peers import STALLED_PEER_MS, drop_dead_peers
from pipeline.bus.preview.message import Preview, PreviewHeader, pack, preview_topic
from pipeline.bus.preview.picture import to_jpeg
from pipeline.events import Event
from pipeline.secrets.private_files import only_for_owner
from pipeline.sink import FrameResult
from pipeline.types import Frame

log = logging.getLogger(__name__)

SETTING = "events.preview_bind"
SEND_QUEUE_MESSAGES = 8  # of one slow subscriber: old pictures are worth nothing
STOP_CHECK_MS = 100
_MAX_INCOMING_BYTES = 1 << 10  # of a subscription


class PreviewPublisher:
    """A sink that publishes pictures.

    bind, curve: as of the events.  fps: pictures a second of each camera, more than 0.  long_side: pixels, at most.
    `address` is the bound address. Raises ValueError for an address that it cannot or must not bind.
    """

    def __init__(
        self,
        bind: str,
        *,
        node: str,
        epoch: str,
        fps: float,
        long_side: int,
        curve: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        check_bind(bind, curve=bool(curve), setting=SETTING)
        keys = load_server_keys(curve) if curve else None
        self._node, self._epoch, self._interval, self._long_side = node, epoch, 1 / fps, long_side
        self._clock = clock
        self._newest: dict[str, Frame] = {}
        self._prefixes: set[bytes] = set()
        self._is_asked = self._is_closing = False
        self._count: Counter[str] = Counter()
        with contextlib.ExitStack() as stack:
            context = stack.enter_context(open_context(bind))
            if keys:
                stack.callback(start_authenticator(context, keys).stop)
            self._socket = stack.enter_context(_open_socket(context, keys))
            if bind.startswith("tcp://"):
                stack.enter_context(contextlib.closing(ConnectionLimits(self._socket)))
            _bind(self._socket, bind)
            self._resources = stack.pop_all()
        self.address = self._socket.get_string(zmq.LAST_ENDPOINT)
        self._thread = threading.Thread(target=self._run, name="previews", daemon=True)
        self._thread.start()
        log.info("events: previews on %s", self.address)

    def on_event(self, event: Event) -> None:
        """Do nothing: events are published elsewhere."""

    def on_frame(self, result: FrameResult) -> None:
        """Leave the frame for the thread, in place of an older one of its camera; does not look at its pixels."""
        if self._is_asked:
            self._newest[result.frame.camera] = result.frame

    def close(self) -> None:
        """End the thread and free the address; may be called twice."""
        self._is_closing = True
        self._thread.join()
        self._resources.close()

    def _run(self) -> None:
        due = self._clock()
        while not self._is_closing:
            self._note_subscriptions(due)
            if self._is_closing or self._clock() < due:
                continue
            due = self._clock() + self._interval
            for camera in list(self._newest):
                self._publish(self._newest.pop(camera))

    def _note_subscriptions(self, until: float) -> None:
        """Wait for the next picture's time or for a subscription, and note what subscribers ask for."""
        wait_ms = min(STOP_CHECK_MS, max(0, int(1000 * (until - self._clock())) + 1))
        if not self._socket.poll(wait_ms):
            return
        message = self._socket.recv()
        if message[:1] == b"\x01":
            self._prefixes.add(message[1:])
        else:
            self._prefixes.discard(message[1:])
        self._is_asked = bool(self._prefixes)
        if not self._is_asked:
            self._newest.clear()

    def _publish(self, frame: Frame) -> None:
        topic = preview_topic(frame.camera).encode()
        if not any(topic.startswith(prefix) for prefix in self._prefixes):
            return
        try:
            self._socket.send_multipart(pack(self._preview(frame)), zmq.NOBLOCK)
        except Exception as error:  # one picture less; the thread must go on
            log.warning("%s: no preview: %s", frame.camera, error)

    def _preview(self, frame: Frame) -> Preview:
        width, height = frame.size
        jpeg = to_jpeg(frame.image, long_side=self._long_side)
        seq = self._count[frame.camera]
        self._count[frame.camera] += 1
        header = PreviewHeader(
            node=self._node,
            epoch=self._epoch,
            camera=frame.camera,
            seq=seq,
            wall_time=round(frame.wall_time, 6),
            media_time=round(frame.media_time, 4),
            width=width,
            height=height,
        )
        return Preview(header, jpeg)


def _open_socket(context: Context, keys: ServerKeys | None) -> zmq.Socket[bytes]:
    """Open an unbound XPUB socket, which tells what subscribers ask for."""
    socket = context.socket(zmq.XPUB)
    socket.sndhwm = SEND_QUEUE_MESSAGES
    socket.linger = 0
    socket.maxmsgsize = _MAX_INCOMING_BYTES
    drop_dead_peers(socket, after_ms=STALLED_PEER_MS)
    if keys:
        keys.apply(socket)
    return socket


def _bind(socket: zmq.Socket[bytes], bind: str) -> None:
    check_ipc_path_is_free(bind, setting=SETTING)
    try:
        socket.ipv6 = "[" in bind
        with only_for_owner():  # an ipc address is a file that everybody might open
            socket.bind(bind)
    except zmq.ZMQError as error:
        raise ValueError(bind_error(bind, bind, error, setting=SETTING)) from error
