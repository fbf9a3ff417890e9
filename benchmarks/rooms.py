"""What rooms beside the engine cost it: `python -m benchmarks.rooms --write docs/benchmarks.md`.

One camera of 640x360 pixels at 10 frames a second, three walking people, the shipped models. Runs without and with the
rooms take turns: with them, the node also publishes samples and previews and stores its events, and each room is a
process of its own on the same machine, started as `glimpse run --web` starts it. An MQTT broker and a receiver of
webhooks run there too, and a reader follows the page's live events and pictures.
"""

import argparse
import multiprocessing
import os
import signal
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing.synchronize import Event as StopEvent
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from unittest.mock import patch

import httpx
import numpy as np

from benchmarks.section import print_markdown, provenance, write_section
from configs.markdown import table
from detectors.arrays import Image
from glimpse.rooms import Command, open_rooms
from tests.synthetic.http_receiver import HttpReceiver, http_receiver
from tests.synthetic.mosquitto import PASSWORD, Mosquitto, mosquitto
from tests.synthetic.node import Event, Listener, Node, free_address, running
from tests.synthetic.portraits import portrait
from tests.synthetic.rtsp import rtsp_server
from tests.synthetic.video import write_clip
from tests.synthetic.world import write_config

FPS = 10
UPDATE_SECONDS = 0.2  # between two events of a track; 1 by default, which gives too few for a 99th percentile
NODE = "shop"
PREVIEW_FPS = 5.0  # published while somebody asks
WARM_UP_SECONDS = 4.0
PEOPLE = ("Ada", "Hedy", "Ben")
# Name to the command of a room, beside `--config FILE`.
ROOMS = {
    "history": ("history", "record"),
    "alerts": ("alerts", "run"),
    "mqtt": ("mqtt",),
    "webhooks": ("webhooks",),
    "web": ("web",),
}
LIMITS = {"median latency": 5.0, "p99 latency": 20.0, "engine thread, processor time of a frame": 3.0}


class Run(NamedTuple):
    """Of one run: latencies of events in seconds, and the seconds that the engine's thread computed for a frame."""

    latencies: list[float]
    frame_seconds: float

    @property
    def milliseconds(self) -> tuple[float, float, float]:
        """Median and 99th percentile of the latencies, and the time of a frame."""
        median, p99 = np.percentile(self.latencies, [50, 99])
        return 1000 * float(median), 1000 * float(p99), 1000 * self.frame_seconds


def write_walk(path: Path, seconds: int = 10) -> Path:
    """People with faces of about 45 pixels who walk to the right."""
    noise = np.random.default_rng(1).integers(90, 110, (360, 640, 3), np.uint8)

    def frames() -> Iterator[Image]:
        for index in range(seconds * FPS):
            frame = noise.copy()
            for number, name in enumerate(PEOPLE):
                left = 20 + 160 * number + index
                frame[100:212, left : left + 112] = portrait(name, 112)
            yield frame

    return write_clip(path, frames(), fps=FPS, crf="16")


def sections_of(rooms: Sequence[str], broker: Mosquitto, receiver: HttpReceiver, page: int) -> dict[str, Any]:
    """What the file has for these rooms: everybody who comes is told of, at once and again."""
    alert = {"name": "anybody", "kind": "unknown", "min_looks": 0, "min_seconds": 0, "cooldown": 1, "away_seconds": 1}
    sections: dict[str, Any] = {
        "history": {"file": "history.db", "unknowns": True},
        "alerts": {"file": "alerts.db", "bind": free_address(), "outbox": "alerts-outbox.db", "rules": [alert]},
        "mqtt": broker.settings(Path()),
        "webhooks": {"file": "webhooks.db", "receivers": [{"name": "desk", "url": receiver.url}]},
        "web": {"address": f"127.0.0.1:{page}"},
    }
    return {room: sections[room] for room in rooms}


def measure(folder: Path, url: str, sections: dict[str, Any], seconds: float) -> Run:
    """One run of a node, with the rooms of these sections beside it."""
    address = free_address()
    events: dict[str, object] = {"bind": address, "update_seconds": UPDATE_SECONDS}
    if sections:
        events |= {"samples": "all", "outbox": "outbox.db", "preview_fps": PREVIEW_FPS}
    models = {"detector": {"model": "embedded"}, "recognizer": {"model": "embedded"}}
    cameras = {"cameras": [{"name": "door", "source": url}]}
    config = write_config(folder / "site.yaml", {"node": NODE, **models, "events": events, **cameras, **sections})
    with ExitStack() as stack:
        listener = stack.enter_context(Listener(address))
        node = stack.enter_context(running(folder, "--config", config))
        stack.enter_context(open_rooms([Command(room, (*ROOMS[room], "--config", str(config))) for room in sections]))
        if "web" in sections:
            stack.enter_context(_watching(sections["web"]["address"]))
        listener.until(lambda event: event["kind"] == "track", seconds=90)
        _listen(listener, WARM_UP_SECONDS)
        begin, took, before = _mark(listener, node)
        _listen(listener, seconds)
        end, took_later, after = _mark(listener, node)
        node.end(signal.SIGTERM)
    heard = listener.received[begin:end]
    latencies = [arrived - event["wall_time"] for event, arrived in heard if _is_seen(event)]
    return Run(latencies, (took_later - took) / (after - before))


@contextmanager
def _watching(address: str) -> Iterator[None]:
    """Read the page's live events and pictures in a process of its own, which disturbs the clock of arrivals least."""
    spawn = multiprocessing.get_context("spawn")
    stop = spawn.Event()
    reader = spawn.Process(target=_read_page, args=(address, stop))
    reader.start()
    try:
        yield
    finally:
        stop.set()
        reader.join()


def _read_page(address: str, stop: StopEvent) -> None:
    """As a browser does, from when the page answers."""
    counts = {"events": 0, "pictures": 0}

    def read_events() -> None:
        with httpx.stream("GET", f"http://{address}/live/events", timeout=2) as reply:
            for line in reply.iter_lines():
                counts["events"] += line.startswith("data:")
                if stop.is_set():
                    return

    def read_picture() -> None:
        httpx.get(f"http://{address}/live/look", timeout=2)
        counts["pictures"] += httpx.get(f"http://{address}/live/pictures/{NODE}/door", timeout=2).status_code == 200

    def repeat(action: Callable[[], None]) -> None:
        while not stop.wait(1 / PREVIEW_FPS):
            with suppress(httpx.HTTPError):
                action()

    threads = [threading.Thread(target=repeat, args=[action]) for action in (read_events, read_picture)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.stderr.write(f"the page's reader got {counts}\n")


def _mark(listener: Listener, node: Node) -> tuple[int, float, int]:
    """At a heartbeat: events so far, seconds that the engine's thread computed, and frames that it took."""
    beat = listener.until(lambda event: bool(event["kind"] == "health"))
    return len(listener.received), _thread_seconds(node.process.pid), int(beat["cameras"]["door"]["frames"])


def _is_seen(event: Event) -> bool:
    """Whether an event is of a frame that has just arrived."""
    return bool(event["kind"] == "identity" or (event["kind"] == "track" and event["action"] != "end"))


def _listen(listener: Listener, seconds: float) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        listener.pump(left)


def _thread_seconds(pid: int) -> float:
    """Processor time of the engine's thread, which is the first of the process (Linux: proc_pid_schedstat)."""
    return int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[0]) / 1e9


def summary(without: Sequence[Run], with_rooms: Sequence[Run]) -> str:
    """A table of medians over the runs, and the change."""
    rows = []
    for number, (name, limit) in enumerate(LIMITS.items()):
        before, after = (statistics.median(run.milliseconds[number] for run in runs) for runs in (without, with_rooms))
        each = [
            100 * (b.milliseconds[number] / a.milliseconds[number] - 1)
            for a, b in zip(without, with_rooms, strict=True)
        ]
        change = 100 * (after / before - 1)
        spread = f"{min(each):+.0f} to {max(each):+.0f} %"
        rows.append([name, f"{before:.1f} ms", f"{after:.1f} ms", f"{change:+.1f} %", spread, f"{limit:.0f} %"])
    events = [sum(len(run.latencies) for run in runs) for runs in (without, with_rooms)]
    rows.append(["events", *map(str, events), "", "", ""])
    return table(["median of the runs", "without", "with", "change", "of single pairs", "wanted within"], rows)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rooms", description=__doc__)
    parser.add_argument("--rooms", nargs="+", choices=tuple(ROOMS), default=tuple(ROOMS), help="run beside the engine")
    parser.add_argument("--pairs", type=int, default=5, help="runs without and with them, in turn")
    parser.add_argument("--seconds", type=float, default=15.0, help="of each run, after it has warmed up")
    parser.add_argument("--write", type=Path, metavar="MD", help="page to write the table into")
    options = parser.parse_args()
    without: list[Run] = []
    with_rooms: list[Run] = []
    with ExitStack() as stack:
        place = Path(stack.enter_context(TemporaryDirectory()))
        server = stack.enter_context(rtsp_server({"door": write_walk(place / "walk.mp4")}))
        broker, receiver = stack.enter_context(mosquitto(place)), stack.enter_context(http_receiver())
        stack.enter_context(patch.dict(os.environ, {"BROKER": PASSWORD}))
        for number in range(2 * options.pairs):
            folder = place / str(number)
            folder.mkdir()
            sections = (
                sections_of(options.rooms, broker, receiver, int(free_address().rpartition(":")[2]))
                if number % 2
                else {}
            )
            (with_rooms if sections else without).append(measure(folder, server.url("door"), sections, options.seconds))
        sys.stderr.write(f"webhooks received: {len(receiver.received)}\n")
    text = f"{provenance('benchmarks.rooms')}\n\n{summary(without, with_rooms)}"
    if options.write:
        write_section(options.write, "rooms", text)
    print_markdown(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
