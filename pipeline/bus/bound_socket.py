"""What sockets that the bus binds need beside their address: a context of their own, and a path that nobody uses."""

import contextlib
import errno
import socket as sockets
from collections.abc import Iterator

import zmq

Context = zmq.Context[zmq.Socket[bytes]]


@contextlib.contextmanager
def open_context(bind: str) -> Iterator[Context]:
    """Open a context (it can have only one ZAP handler); for inproc use the shared one and leave it open."""
    if bind.startswith("inproc://"):
        yield zmq.Context.instance()
        return
    with zmq.Context() as context:
        yield context


def bind_error(bind: str, address: str, error: zmq.ZMQError, *, setting: str = "events.bind") -> str:
    """Why `address` cannot be bound, for people. bind: the setting's value, which `address` may follow from."""
    role = "" if address == bind else f" (replay, beside {bind!r})"
    if error.errno == errno.EADDRINUSE:
        return f"{setting}: {address!r}{role} is in use by another program; choose another port or stop that program"
    return f"{setting}: cannot listen on {address!r}{role}: {error.strerror}"


def check_ipc_path_is_free(bind: str, *, setting: str = "events.bind") -> None:
    """Raise ValueError if a program listens on this ipc path: ZeroMQ would silently replace its socket."""
    scheme, _, path = bind.partition("://")
    if scheme != "ipc":
        return
    with sockets.socket(sockets.AF_UNIX) as probe, contextlib.suppress(OSError):
        probe.connect(path)
        raise ValueError(f"{setting}: {bind!r} is in use by another program; choose another path or stop it")
