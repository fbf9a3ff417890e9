"""Finds connections whose other end is gone without a word, as after a power cut, by TCP's own probes.

Not by ZeroMQ's heartbeats: in libzmq 4.3.5 (`stream_engine_base.cpp`, `timer_event`), the timer of a connection that
broke while its queue was full ends the whole process by a failed assertion.
"""

import zmq

# A peer that takes no byte for this long is cut off; it connects again and asks for what it missed.
STALLED_PEER_MS = 60_000
_IDLE_SECONDS = 5
_INTERVAL_SECONDS = 5


def drop_dead_peers(socket: zmq.Socket[bytes], *, after_ms: int) -> None:
    """Close a connection once its other end has confirmed nothing for so long, or takes nothing. Before it is made."""
    socket.tcp_keepalive = 1
    socket.tcp_keepalive_idle = _IDLE_SECONDS
    socket.tcp_keepalive_intvl = _INTERVAL_SECONDS
    socket.tcp_keepalive_cnt = max(1, after_ms // 1000 // _INTERVAL_SECONDS)
    socket.tcp_maxrt = after_ms
