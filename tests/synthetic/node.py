"""Runs Glimpse in its own process, and receives its events with a subscriber that needs only pyzmq."""

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
    """Receives everything published at `address` once it is connected; not thread-safe.

    received: (event, Unix seconds of its arrival), in order.
    """

    def __init__(self, address: str) -> None:
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.SUB)
        self._socket.rcvhwm = 0
        self._socket.reconnect_ivl = 10  # milliseconds, so that hardly any of the first events is missed
        self._socket.subscribe("v1/")
        self._socket.connect(address)
        self.received: list[tuple[Event, float]] = []

    @property
    def events(self) -> list[Event]:
        return [event for event, _ in self.received]

    def pump(self, seconds: float) -> Event | None:
        """Wait up to `seconds` for one event."""
        if not self._socket.poll(int(seconds * 1000)):
            return None
        _, body = self._socket.recv_multipart()
        arrived = time.time()
        event: Event = json.loads(body)
        self.received.append((event, arrived))
        return event

    def until(self, wanted: Callable[[Event], bool], *, seconds: float = 40) -> Event:
        """Return the next event that is wanted. Raises AssertionError that lists what came instead."""
        start, end = len(self.received), time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            event = self.pump(min(left, 0.5))
            if event and wanted(event):
                return event
        others = [(event["camera"], event["kind"], event.get("action") or event.get("state")) for event in self.events]
        raise AssertionError(f"not within {seconds} s; came: {others[start:][-40:]}")

    def drain(self, seconds: float = 0.3) -> None:
        """Receive events until none arrives for `seconds`."""
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
    """A loopback address whose port and the next one (for replay) are free; another program may still take them."""
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
    """A running run_pipeline.py. Its output goes to files, because a pipe could fill up and block it."""

    process: subprocess.Popen[bytes]
    out: Path
    err: Path
    limit_seconds: float = field(default=60.0, repr=False)

    @property
    def output(self) -> str:
        """Standard output and standard error together."""
        return self.out.read_text(encoding="utf-8") + self.err.read_text(encoding="utf-8")

    def end(self, number: signal.Signals | None = None) -> int:
        """Send the signal, if any, wait for the end of the process, and return its exit code."""
        if number is not None:
            self.process.send_signal(number)
        return self.process.wait(self.limit_seconds)

    @property
    def threads(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/task"))

    @property
    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


@contextmanager
def running(folder: Path, *arguments: str | Path, **environment: str) -> Iterator[Node]:
    """Start run_pipeline.py with these arguments and environment variables; kill it on exit if it still runs."""
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
