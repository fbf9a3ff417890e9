"""A running Glimpse in a process of its own, and a subscriber with nothing but pyzmq that hears what it says."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import zmq

from tests.synthetic.world import ROOT

Event = dict[str, Any]


class Listener:
    """Hears everything published at `address` from when it connects; not thread-safe.

    heard: (event, Unix seconds of its arrival), in order.
    """

    def __init__(self, address: str) -> None:
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.SUB)
        self._socket.rcvhwm = 0
        self._socket.reconnect_ivl = 10  # milliseconds, so that a node is heard nearly from its first word
        self._socket.subscribe("v1/")
        self._socket.connect(address)
        self.heard: list[tuple[Event, float]] = []

    @property
    def events(self) -> list[Event]:
        return [event for event, _ in self.heard]

    def pump(self, seconds: float) -> Event | None:
        """Wait at most so long for one event."""
        if not self._socket.poll(int(seconds * 1000)):
            return None
        _, body = self._socket.recv_multipart()
        arrived = time.time()
        event: Event = json.loads(body)
        self.heard.append((event, arrived))
        return event

    def until(self, wanted: Callable[[Event], bool], *, seconds: float = 40) -> Event:
        """The next event that is wanted; AssertionError, with what came instead, if it does not come."""
        start, end = len(self.heard), time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            event = self.pump(min(left, 0.5))
            if event and wanted(event):
                return event
        came = [(event["camera"], event["kind"], event.get("action") or event.get("state")) for event in self.events]
        raise AssertionError(f"not within {seconds} s; came: {came[start:][-40:]}")

    def drain(self, seconds: float = 0.3) -> None:
        """Take what is still coming, until it is quiet for so long."""
        while self.pump(seconds):
            pass

    def close(self) -> None:
        self._socket.close(0)
        self._context.term()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def free_address() -> str:
    """A loopback address whose port and the next (replay) nobody listens on; another program may still be faster."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as first:
            port = int(first.getsockname()[1])
            try:
                socket.create_server(("127.0.0.1", port + 1)).close()
            except (OSError, OverflowError):
                continue
            return f"tcp://127.0.0.1:{port}"


@dataclass
class Node:
    """run_pipeline.py as a person starts it; what it writes goes to files, so that no pipe can fill."""

    process: subprocess.Popen[bytes]
    out: Path
    err: Path
    limit: float = field(default=60.0, repr=False)

    @property
    def said(self) -> str:
        """Standard output and standard error together."""
        return self.out.read_text(encoding="utf-8") + self.err.read_text(encoding="utf-8")

    def end(self, number: signal.Signals | None = None) -> int:
        """Wait for its end, after a signal if one is given; the exit code."""
        if number is not None:
            self.process.send_signal(number)
        return self.process.wait(self.limit)

    @property
    def threads(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/task"))

    @property
    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


@contextmanager
def running(folder: Path, *arguments: str | Path, **environment: str) -> Iterator[Node]:
    """Start it with these arguments; whatever happens, it is gone afterwards."""
    out, err = folder / "stdout.txt", folder / "stderr.txt"
    command = [sys.executable, "run_pipeline.py", *map(str, arguments)]
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen(command, cwd=ROOT, stdout=stdout, stderr=stderr, env=os.environ | environment)
    try:
        yield Node(process, out, err)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(10)
