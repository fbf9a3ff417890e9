"""A small server that answers RTSP and HTTP requests as a test says, and keeps what it was asked."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Asked:
    """One request: its method, its URL or path, and the header `Authorization`."""

    method: str
    url: str
    authorization: str = ""


Answers = Callable[[Asked], str]
"""Gives the status and further headers of the answer, such as `302 Found\\r\\nLocation: rtsp://127.0.0.2/x`."""


@dataclass
class AnsweringServer:
    """A running server. connections: how many were made to it."""

    port: int
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0


@contextmanager
def answering_server(answers: Answers, *, host: str = "127.0.0.1") -> Iterator[AnsweringServer]:
    """Serve on a free port of `host`, until the context ends."""

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            served.connections += 1
            while first := self.rfile.readline().decode().split():
                self._answer(first)

        def _answer(self, first: list[str]) -> None:
            headers = {}
            while ": " in (line := self.rfile.readline().decode().strip()):
                name, value = line.split(": ", 1)
                headers[name.lower()] = value
            asked = Asked(first[0], first[1], headers.get("authorization", ""))
            served.asked.append(asked)
            number = f"CSeq: {headers['cseq']}\r\n" if "cseq" in headers else ""
            self.wfile.write(f"{first[2]} {answers(asked)}\r\n{number}Content-Length: 0\r\n\r\n".encode())

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A viewer that closes its connection is no error."""

    with Server((host, 0), Session) as server:
        served = AnsweringServer(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()
