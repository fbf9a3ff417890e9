"""Receives the previews of a node."""

from collections.abc import Generator, Sequence

import zmq

from pipeline.bus.address import check_connect
from pipeline.bus.curve_keys import load_client_keys
from pipeline.bus.dead_peers import drop_dead_peers
from pipeline.bus.preview.message import ALL_PREVIEWS, Preview, preview_topic, unpack

_RECEIVE_QUEUE_MESSAGES = 8
_MAX_PART_BYTES = 16 << 20
_DEAD_NODE_MS = 15_000
_MAX_RECONNECT_MS = 5000


def receive_previews(
    address: str, *, cameras: Sequence[str] = (), curve: str = "", timeout: float = 1.0
) -> Generator[Preview | None, None, None]:
    """Yield what is published at `address`, and None where `timeout` seconds pass without a picture.

    cameras: whose pictures are asked for; none: of all.  curve: a client's folder made by `pipeline.curve`.
    The node encodes pictures while this is connected, so close the iterator when nobody looks any more. It reconnects
    by itself and must stay in one thread. Raises ValueError for an invalid address or missing keys.
    """
    check_connect(address)
    keys = load_client_keys(curve) if curve else None
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        socket.linger = 0
        socket.rcvhwm = _RECEIVE_QUEUE_MESSAGES
        socket.maxmsgsize = _MAX_PART_BYTES
        socket.reconnect_ivl_max = _MAX_RECONNECT_MS
        socket.ipv6 = "[" in address
        drop_dead_peers(socket, after_ms=_DEAD_NODE_MS)
        if keys:
            keys.apply(socket)
        for topic in map(preview_topic, cameras) if cameras else [ALL_PREVIEWS]:
            socket.subscribe(topic)
        socket.connect(address)
        while True:
            yield _next(socket, int(1000 * timeout) + 1)


def _next(socket: zmq.Socket[bytes], wait_ms: int) -> Preview | None:
    """The next preview; None where none comes in time, or what came is none."""
    if not socket.poll(wait_ms):
        return None
    try:
        return unpack(socket.recv_multipart())
    except ValueError:
        return None
