"""What publishing costs the engine, and how long an event takes to a subscriber: `python -m benchmarks.bus`.

All rows come from one run and take turns, so that they compare with each other on any machine.
"""

import argparse
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import zmq
from rich.console import Console
from rich.table import Table

from pipeline.bus.publisher import Publisher
from pipeline.events import Evidence, TrackAction, TrackEvent, decode, encode

Write = Callable[[TrackEvent], object]


def make_event(seq: int) -> TrackEvent:
    """A typical track event, about 600 bytes of JSON."""
    who = Evidence(
        state="named",
        person="Ada Lovelace",
        score=0.5312,
        threshold=0.41,
        margin=0.2177,
        faces=9,
        effective=4.3,
        median_px=14.2,
        reasons=("9 faces, median 14 px, margin 0.22 above 0.08",),
    )
    return TrackEvent(
        node="bench",
        epoch="e",
        camera="door",
        seq=seq,
        wall_time=time.time(),
        media_time=seq / 10,
        action=TrackAction.UPDATE,
        track=3,
        box=(312.4, 88.1, 323.9, 102.3),
        face_px=14.2,
        score=0.61,
        age=1.8,
        capture_time=None,
        evidence=who,
    )


@contextmanager
def listen(publisher: Publisher, latencies: list[float]) -> Iterator[None]:
    """A subscriber in its own thread that records how old each event is on arrival."""
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        socket.subscribe("v1/")
        socket.connect(publisher.address)
        while not socket.poll(20):
            publisher.on_event(make_event(0))
        done = threading.Event()

        def read() -> None:
            while not done.is_set():
                if socket.poll(50):
                    latencies.append(time.time() - decode(socket.recv_multipart()[1]).wall_time)

        reader = threading.Thread(target=read)
        reader.start()
        try:
            yield
        finally:
            done.set()
            reader.join()


@contextmanager
def commit_each(path: Path) -> Iterator[Write]:
    """For comparison with the outbox: one transaction per event, on the caller's thread."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, seq INTEGER, body BLOB)")
        yield (lambda one: database.execute("INSERT INTO events (seq, body) VALUES (?, ?)", (one.seq, encode(one))))


def measure(write: Write, *, count: int, pause: float = 0.0) -> list[float]:
    """Seconds each call takes."""
    took = []
    idle = threading.Event()
    for seq in range(count):
        one = make_event(seq)
        began = time.perf_counter()
        write(one)
        took.append(time.perf_counter() - began)
        if pause:
            idle.wait(pause)
    return took


def rows(count: int, folder: Path) -> Iterator[tuple[str, list[float]]]:
    """What is measured, and the seconds of each call."""
    yield "encode only", measure(encode, count=count)
    with ExitStack() as stack:

        def publisher(outbox: str = "") -> Publisher:
            made = Publisher("tcp://127.0.0.1:*", node="bench", epoch=str(time.time_ns()), outbox=outbox)
            return stack.enter_context(closing(made))

        yield "publish, nobody listens", measure(publisher().on_event, count=count)
        heard: list[float] = []
        listened = publisher()
        with listen(listened, heard):
            yield "publish, one listens", measure(listened.on_event, count=count // 10, pause=0.002)
        yield "  event made to event decoded there", heard
        yield "publish with outbox", measure(publisher(str(folder / "outbox.db")).on_event, count=count)
        yield "one transaction per event", measure(stack.enter_context(commit_each(folder / "plain.db")), count=count)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bus", description=__doc__)
    parser.add_argument("--count", type=int, default=5000, help="events per row")
    parser.add_argument("--repeat", type=int, default=3, help="times all rows are measured; the smallest median counts")
    options = parser.parse_args()
    best: dict[str, tuple[float, float]] = {}
    for _ in range(options.repeat):
        with tempfile.TemporaryDirectory() as folder:
            for name, seconds in rows(options.count, Path(folder)):
                found = statistics.median(seconds), max(seconds)
                best[name] = min(found, best.get(name, found))
    table = Table("per event", "median µs", "over encode only", "slowest µs")
    for name, (median, slowest) in best.items():
        table.add_row(name, f"{median * 1e6:.1f}", f"{median / best['encode only'][0]:.1f}", f"{slowest * 1e6:.0f}")
    Console().print(table)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
