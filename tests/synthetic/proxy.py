"""A TCP proxy that can cut what runs through it, as a split network does: connections hang or end, and none is made."""

import contextlib
import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_CHUNK = 1 << 16


class Proxy:
    """Listens on loopback and passes to `target`, a port of loopback. port: where it listens."""

    def __init__(self, target: int, port: int) -> None:
        self._target = target
        self._server = socket.create_server(("127.0.0.1", port))
        self._pairs: dict[socket.socket, socket.socket] = {}
        self._is_cut = False
        self._lock = threading.Lock()
        self._selector = selectors.DefaultSelector()
        self._wake, self._woken = socket.socketpair()
        for waited in (self._server, self._woken):
            self._selector.register(waited, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)
        self._thread.start()

    def cut(self) -> None:
        """End all connections without a word that arrives, and refuse further ones."""
        with self._lock:
            self._is_cut = True
            for connection in list(self._pairs):
                self._drop(connection)

    def mend(self) -> None:
        self._is_cut = False

    def close(self) -> None:
        self._wake.send(b"x")
        self._thread.join()
        with self._lock:
            for connection in list(self._pairs):
                self._drop(connection)
        for one in (self._server, self._wake, self._woken):
            one.close()
        self._selector.close()

    def _run(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._woken:
                    return
                with self._lock:
                    if key.fileobj is self._server:
                        self._accept()
                    elif isinstance(key.fileobj, socket.socket) and key.fileobj in self._pairs:
                        self._pass(key.fileobj)

    def _accept(self) -> None:
        client, _ = self._server.accept()
        try:
            if self._is_cut:
                raise ConnectionRefusedError
            node = socket.create_connection(("127.0.0.1", self._target), timeout=2)
        except OSError:
            client.close()
            return
        for one, other in ((client, node), (node, client)):
            self._pairs[one] = other
            self._selector.register(one, selectors.EVENT_READ)

    def _pass(self, source: socket.socket) -> None:
        try:
            data = source.recv(_CHUNK)
            if data:
                self._pairs[source].sendall(data)
                return
        except OSError:
            pass
        self._drop(source)

    def _drop(self, connection: socket.socket) -> None:
        other = self._pairs.pop(connection, None)
        if other is None:
            return
        self._pairs.pop(other, None)
        for one in (connection, other):
            with contextlib.suppress(KeyError, ValueError, OSError):
                self._selector.unregister(one)
            one.close()


@contextmanager
def proxy(target: int, port: int) -> Iterator[Proxy]:
    made = Proxy(target, port)
    try:
        yield made
    finally:
        made.close()
