"""A real HTTP server that answers as a test says: with a status, slowly, never, or by closing the connection."""

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Received:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class HttpReceiver:
    """What came, and what the next requests are answered; the last answer stays.

    An answer is a status, a status with headers, `hang`, `reset`, or `drip` (a byte of the header now and then).
    """

    url: str = ""
    answers: list[Any] = field(default_factory=lambda: [200])
    received: list[Received] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, *answers: Any) -> None:
        with self.lock:
            self.answers = list(answers)

    def next_answer(self) -> Any:
        with self.lock:
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def ids(self) -> Sequence[str]:
        return [request.headers["webhook-id"] for request in self.received]


def _handler(receiver: HttpReceiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.received.append(Received(self.command, self.path, headers, body))
            answer = receiver.next_answer()
            action = _ACTIONS[answer] if isinstance(answer, str) else _say
            action(self, answer, receiver)

        do_POST = do_PUT = do_GET = handle_any

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    return Handler


def _say(handler: BaseHTTPRequestHandler, answer: Any, _: HttpReceiver) -> None:
    status, headers = answer if isinstance(answer, tuple) else (answer, {})
    said = b"thank you" if status < 300 else b"no"
    handler.send_response(status)
    for name, value in (headers | {"content-length": str(len(said))}).items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(said)


def _hang(handler: BaseHTTPRequestHandler, _: Any, receiver: HttpReceiver) -> None:
    receiver.stopping.wait(15)
    handler.close_connection = True


def _reset(handler: BaseHTTPRequestHandler, _: Any, receiver: HttpReceiver) -> None:
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    handler.close_connection = True
    handler.connection.close()


def _drip(handler: BaseHTTPRequestHandler, _: Any, receiver: HttpReceiver) -> None:
    handler.close_connection = True
    for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 1000:
        if receiver.stopping.wait(0.05):
            return
        try:
            handler.connection.sendall(bytes([byte]))
        except OSError:
            return


_ACTIONS: dict[str, Callable[[BaseHTTPRequestHandler, Any, HttpReceiver], None]] = {
    "hang": _hang,
    "reset": _reset,
    "drip": _drip,
}


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that a test closed is no fault."""


@contextmanager
def http_receiver(port: int = 0) -> Iterator[HttpReceiver]:
    """A receiver on loopback."""
    receiver = HttpReceiver()
    server = _Server(("127.0.0.1", port), _handler(receiver))
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.stopping.set()
        server.shutdown()
        thread.join()
        server.server_close()
