"""Workers on raylets against one process with the same cameras: `python -m benchmarks.cluster --write docs/scaling.md`.

N raylets on this machine stand for N nodes. Cameras are RTSP servers that play a recorded clip at its real rate. It
measures frames for each second of processor time, latencies, and seconds until the cameras of a killed raylet are live
again. Clients, cameras and this program are not counted.
"""

import argparse
import json
import os
import random
import signal
import statistics
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.cluster.processes import processor_seconds
from benchmarks.section import print_markdown, provenance, write_section
from configs.markdown import table
from pipeline.events import LATENCY_BUCKETS, HealthEvent, decode
from tests.endurance.cluster import START_SECONDS, kill_one
from tests.endurance.cluster_site import ClusterSite
from tests.synthetic.node import Event, Listener, free_address, running
from tests.synthetic.rtsp import rtsp_server
from tests.synthetic.world import write_config

WARM_UP_SECONDS = 8.0


class Sums(NamedTuple):
    """Of one node since its start. counts: frames by latency, as the heartbeat has them."""

    frames: int
    counts: tuple[int, ...]


class Measured(NamedTuple):
    """frames: that the engines took, and all that cameras sent meanwhile.  seconds: of processor time, of engines.

    ray_seconds: of Ray's processes and the supervisor.  latency: bound that 99 of 100 frames kept, seconds.
    """

    frames: int
    sent: float
    seconds: float
    ray_seconds: float
    latency: float


def measure_workers(site: ClusterSite, seconds: float, sent: float) -> Measured:
    """All workers together, for so long."""
    time.sleep(WARM_UP_SECONDS)
    first, began = _sums(site), processor_seconds(os.getpid())
    time.sleep(seconds)
    last, ended = _sums(site), processor_seconds(os.getpid())
    return _difference(first, last, sent, ended["worker"] - began["worker"], ended["ray"] - began["ray"])


def measure_process(folder: Path, cameras: int, clip: Path, seconds: float, sent: float) -> Measured:
    """One process with all cameras, for so long. folder: of a site whose models and people it takes."""
    with rtsp_server({f"cam{number:02}": clip for number in range(cameras)}) as server:
        address = free_address()
        config = write_config(
            folder / "one.yaml",
            {
                "detector": {"model": str(folder / "world" / "detector.onnx")},
                "recognizer": {"model": str(folder / "world" / "recognizer.onnx")},
                "gallery": str(folder / "world" / "people.db"),
                "decision": {"min_effective": 1.0},
                "events": {"bind": address, "outbox": str(folder / "one.db"), "update_seconds": 0.5},
                "cameras": [{"name": name, "source": server.url(name)} for name in server.config["mounts"]],
            },
        )
        with Listener(address) as listener, running(folder, "--config", config) as node:
            listener.until(lambda event: _all_run(event, cameras), seconds=START_SECONDS * 2)
            _listen(listener, WARM_UP_SECONDS)
            first, began = _beat(listener), sum(processor_seconds(node.process.pid).values())
            _listen(listener, seconds)
            last, ended = _beat(listener), sum(processor_seconds(node.process.pid).values())
            node.end(signal.SIGTERM)
    return _difference({"one": first}, {"one": last}, sent, ended - began, 0.0)


def _difference(
    first: dict[str, Sums], last: dict[str, Sums], sent: float, seconds: float, ray_seconds: float
) -> Measured:
    counts = [
        sum(last[node].counts[at] - first[node].counts[at] for node in last) for at in range(len(LATENCY_BUCKETS) + 1)
    ]
    within = (bound for bound, count in zip(LATENCY_BUCKETS, counts, strict=False) if count >= 0.99 * counts[-1])
    frames = sum(last[node].frames - first[node].frames for node in last)
    return Measured(frames, sent, seconds, ray_seconds, next(within, float("inf")))


def _sums(site: ClusterSite) -> dict[str, Sums]:
    return {
        name: _sum_of([item for item in items if isinstance(item, HealthEvent)])
        for name, items in site.received().items()
    }


def _sum_of(beats: Iterable[HealthEvent]) -> Sums:
    newest = max(beats, key=lambda beat: beat.wall_time)
    assert newest.load is not None
    return Sums(sum(camera.frames for camera in newest.cameras.values()), tuple(newest.load.latency_counts))


def _all_run(event: Event, cameras: int) -> bool:
    return bool(
        event["kind"] == "health" and sum(camera["frames"] > 0 for camera in event["cameras"].values()) == cameras
    )


def _beat(listener: Listener) -> Sums:
    event = listener.until(lambda event: bool(event["kind"] == "health"))
    beat = decode(json.dumps(event).encode())
    assert isinstance(beat, HealthEvent)
    return _sum_of([beat])


def _listen(listener: Listener, seconds: float) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        listener.pump(left)


def summary(one: Measured, workers: Measured, nodes: int, recoveries: list[float]) -> str:
    """A table of both, and the recoveries."""

    def row(name: str, got: Measured, seconds: float) -> list[str]:
        each = 1000 * seconds / max(1, got.frames)
        share = 100 * got.frames / got.sent
        return [name, f"{got.frames:,}", f"{share:.0f} %", f"{each:.1f} ms", f"{1000 / each:.0f}", f"{got.latency:g} s"]

    with_ray = workers.seconds + workers.ray_seconds
    rows = [
        row("one process", one, one.seconds),
        row(f"{nodes} workers", workers, workers.seconds),
        row(f"{nodes} workers, Ray included", workers, with_ray),
    ]
    head = ["", "frames", "of those sent", "processor time of a frame", "frames a core-second", "99 % within"]
    shares = [100 * (one.seconds / one.frames) / (seconds / workers.frames) for seconds in (workers.seconds, with_ray)]
    text = f"{table(head, rows)}\n\nThroughput of a core against one process: {shares[0]:.0f} %"
    text += f"; with the processor time of Ray and the supervisor, {shares[1]:.0f} %."
    if recoveries:
        each = ", ".join(f"{seconds:.1f}" for seconds in recoveries)
        text += (
            f"\n\nRaylets killed with SIGKILL: {len(recoveries)}. Seconds until all cameras of it were live elsewhere: "
            f"median {statistics.median(recoveries):.1f}, most {max(recoveries):.1f} ({each})."
        )
    return text


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster", description=__doc__)
    parser.add_argument("--cameras", type=int, default=60)
    parser.add_argument("--nodes", type=int, default=4, help="raylets, each with a worker")
    parser.add_argument("--fps", type=float, default=1.0, help="of the cameras")
    parser.add_argument("--seconds", type=float, default=600.0, help="of each measurement")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", type=Path, metavar="MD", help="page to write the result into")
    options = parser.parse_args()
    sent = options.cameras * options.fps * options.seconds
    chance, nodes = random.Random(options.seed), [f"n{number}" for number in range(options.nodes)]
    with TemporaryDirectory(prefix="glimpse-cluster-") as place:
        folder = Path(place)
        look = {"fps": options.fps, "size": (320, 180)}
        with ClusterSite(
            folder, cameras=options.cameras, nodes=nodes, look=look, cluster={"settle_seconds": 600}
        ) as site:
            site.wait_for(lambda: len(site.runs_where()) == options.cameras, START_SECONDS * 2, "all cameras live")
            workers = measure_workers(site, options.seconds, sent)
            recoveries = [kill_one(site, chance) for _ in range(options.kills)]
        sys.stderr.write(f"{workers}\n{recoveries}\n")
        one = measure_process(folder, options.cameras, folder / "world" / "walk.mp4", options.seconds, sent)
    text = f"{provenance('benchmarks.cluster')}\n\n{summary(one, workers, options.nodes, recoveries)}"
    if options.write:
        write_section(options.write, "cluster", text)
    print_markdown(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
