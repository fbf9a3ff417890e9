"""What previews cost the engine's thread: a live camera without them, with them, and with somebody who watches.

    python -m benchmarks.previews [--seconds 20] [--repeat 2]

The processor time of the engine's thread for each frame, from Linux's own count (/proc), in processes of their own. The
three kinds take turns, so that other work on the machine meets all alike.
"""

import argparse
import json
import os
import statistics
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.section import provenance
from pipeline.bus.address import preview_address
from pipeline.bus.preview.client import receive_previews
from tests.synthetic.node import Event, Listener, Node, free_address, running
from tests.synthetic.rtsp import rtsp_server
from tests.synthetic.world import World, write_config

KINDS = {"off": (0.0, False), "on, nobody watches": (5.0, False), "on, one watches": (5.0, True)}


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.previews", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--repeat", type=int, default=2)
    options = parser.parse_args()
    costs: dict[str, list[float]] = {kind: [] for kind in KINDS}
    with TemporaryDirectory() as folder:
        world = World(Path(folder), seconds=3, size=(1280, 720), face_px=(24, 60))
        for _ in range(options.repeat):
            for kind, (fps, watched) in KINDS.items():
                costs[kind].append(measure(world, Path(folder), fps, watched=watched, seconds=options.seconds))
    sys.stdout.write(
        f"{provenance('benchmarks.previews')}\n\n| previews | ms of the engine's thread a frame |\n| --- | --- |\n"
    )
    for kind, found in costs.items():
        runs = ", ".join(f"{cost:.2f}" for cost in found)
        sys.stdout.write(f"| {kind} | {statistics.mean(found):.2f} ({runs}) |\n")
    return 0


def measure(world: World, folder: Path, fps: float, *, watched: bool, seconds: float) -> float:
    """Milliseconds of the engine's thread for each frame of one run."""
    address = free_address()
    with rtsp_server({"door": world.clip}) as server, Listener(address) as listener:
        events = {"bind": address, "preview_fps": fps}
        site = world.settings(cameras=[{"name": "door", "source": server.url("door")}], events=events)
        path = write_config(folder / "site.yaml", site)
        with running(folder, "--config", path) as node, watching(address if watched else ""):
            listener.until(lambda event: event["kind"] == "health" and event["cameras"]["door"]["frames"] > 12)
            began = sample(node, listener)
            listener.until(lambda event: event["kind"] == "health" and event["uptime"] > began[2] + seconds)
            ended = sample(node, listener)
    return 1000 * (ended[0] - began[0]) / (ended[1] - began[1])


def sample(node: Node, listener: Listener) -> tuple[float, int, float]:
    """Seconds of the engine's thread, frames taken, uptime: at the newest heartbeat."""
    beat: Event = next(event for event in reversed(listener.events) if event["kind"] == "health")
    stat = Path(f"/proc/{node.process.pid}/task/{node.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK"), beat["cameras"]["door"]["frames"], beat["uptime"]


@contextmanager
def watching(address: str) -> Iterator[None]:
    """Receive previews beside an address, in a thread; of nobody for an empty one."""
    stop, count = threading.Event(), [0]

    def receive() -> None:
        with closing(receive_previews(preview_address(address), timeout=0.2)) as stream:
            for preview in stream:
                count[0] += preview is not None
                if stop.is_set():
                    return

    thread = threading.Thread(target=receive) if address else None
    if thread:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        if thread:
            thread.join()
            sys.stderr.write(json.dumps({"pictures received": count[0]}) + "\n")


if __name__ == "__main__":
    sys.exit(main())
