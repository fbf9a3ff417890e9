"""Simulated sites of many nodes: `python -m tests.simulation.cluster --cameras 300 --nodes 50`.

The supervisor, the leases and the placement are the real ones; nodes, network and cameras are made of discrete events.
Nodes die and come back, and networks split between nodes and supervisor. Exit codes: 0, or 1 where a camera ever was
covered by two workers at once or was not live again in time.
"""

import argparse
import heapq
import itertools
import json
import math
import pickle
import random
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from pipeline.cluster.lease import Lease
from pipeline.cluster.messages import Beat, CameraBeat, Grant
from pipeline.cluster.supervisor import Supervisor
from pipeline.settings.rooms.cluster import ClusterSettings
from pipeline.settings.types import CameraSettings

NODE_CORES = 8.0
MEDIAN_CORES = 0.12  # of a camera; drawn between a quarter and four times that
FPS = 5.0
CONNECT_SECONDS = (0.3, 2.0)
APPLY_SECONDS = (0.02, 0.3)  # until an engine has let go of a camera
DELAY_SECONDS = (0.0005, 0.02)  # of a message
RESTART_SECONDS = (20.0, 120.0)
LIMIT_SECONDS = 10.0
# Of one camera, for the bus: tracks an hour, seconds of one, bytes of an event and of a sample, and who subscribes.
TRACKS_AN_HOUR, TRACK_SECONDS, EVENT_BYTES, SAMPLE_BYTES, SUBSCRIBERS = 120, 8.0, 700, 6000, 2
HEALTH_BYTES, HEALTH_BYTES_A_CAMERA = 400, 260
CALL_BYTES = 700  # of gRPC and Ray around a beat and its answer


@dataclass
class Camera:
    """cores: what it really takes.  live_at: by process of a worker, when its frames began."""

    name: str
    cores: float
    live_at: dict[str, float] = field(default_factory=dict)


class Clock:
    """Simulated seconds, and what happens when."""

    def __init__(self) -> None:
        self.now = 0.0
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._number = itertools.count()

    def __call__(self) -> float:
        return self.now

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something so many seconds from now."""
        heapq.heappush(self._queue, (self.now + seconds, next(self._number), action))

    def run(self, until: float) -> None:
        """Do everything that is due until then."""
        while self._queue and self._queue[0][0] <= until:
            self.now, _, action = heapq.heappop(self._queue)
            action()
        self.now = until


class SimulatedWorker:
    """A worker whose engine takes a moment to connect and to let go. It counts from its start."""

    def __init__(self, site: "Site", node: str, run: int) -> None:
        self.site, self.node, self.run = site, node, f"{node}-{run}"
        self.lease = Lease(site.clock)
        self.is_alive = True
        self.engine: set[str] = set()
        self._asked: frozenset[str] = frozenset()
        self._number, self._cpu, self._last = 0, 0.0, site.clock.now
        self._frames: defaultdict[str, float] = defaultdict(float)
        site.clock.after(site.random.uniform(0, 0.5), self._beat)

    def _beat(self) -> None:
        if not self.is_alive:
            return
        clock, site = self.site.clock, self.site
        self._count()
        self._number += 1
        held = self._asked | self.engine
        beat = Beat(
            node=self.node,
            run=self.run,
            number=self._number,
            cores=NODE_CORES,
            held=frozenset(held),
            cameras={name: CameraBeat(state="live", frames=int(self._frames[name]), frame_age=0.1) for name in held},
            cpu_seconds=self._cpu,
            latency_p99=0.1,
            address="tcp://10.0.0.1:5556",
        )
        site.send(self.node, beat, partial(self._on_grant, clock.now))
        clock.after(site.settings.beat_seconds, self._beat)
        clock.after(1e-6, self._watch)

    def _on_grant(self, sent: float, grant: Grant) -> None:
        if self.is_alive and self.site.clock.now - sent < self.site.settings.lease_seconds / 2:
            self.lease.extend(sent, grant)
            self._watch()

    def _watch(self) -> None:
        """Connect to cameras that are granted, let go of the others."""
        if not self.is_alive:
            return
        wanted, clock, chance = self.lease.cameras, self.site.clock, self.site.random
        for name in wanted - self._asked:
            self.engine.add(name)
            clock.after(chance.uniform(*CONNECT_SECONDS), partial(self._live, name))
        for name in self._asked - wanted:
            self.site.cameras[name].live_at.pop(self.run, None)
            clock.after(chance.uniform(*APPLY_SECONDS), partial(self._let_go, name))
        self._asked = wanted

    def _live(self, name: str) -> None:
        if self.is_alive and name in self._asked:
            self.site.cameras[name].live_at[self.run] = self.site.clock.now

    def _let_go(self, name: str) -> None:
        if name not in self._asked:
            self.engine.discard(name)

    def _count(self) -> None:
        seconds, self._last = self.site.clock.now - self._last, self.site.clock.now
        for name in self.engine:
            self._frames[name] += FPS * seconds
            self._cpu += self.site.cameras[name].cores * seconds


class Site:
    """All of it."""

    def __init__(self, cameras: int, nodes: int, seed: int) -> None:
        self.random, self.clock = random.Random(seed), Clock()
        self.settings = ClusterSettings(folder="x")
        self.cameras = {
            f"cam{number:04}": Camera(f"cam{number:04}", MEDIAN_CORES * 4 ** self.random.uniform(-1, 1))
            for number in range(cameras)
        }
        settings = [CameraSettings(source="rtsp://10.0.0.1/s", name=name, fps=FPS) for name in self.cameras]
        self.supervisor = Supervisor(settings, self.settings, clock=self.clock)
        self.runs = itertools.count(1)
        self.workers = {f"n{number:02}": SimulatedWorker(self, f"n{number:02}", 0) for number in range(nodes)}
        self.cut: set[str] = set()
        self.control_bytes, self.doubled, self.checks = 0, 0, 0
        self.recoveries: dict[str, list[float]] = {"death": [], "split": [], "hit_again": []}
        self._hit: dict[str, float] = {}
        self.not_recovered = 0
        self.balances: list[float] = []

    def send(self, node: str, beat: Beat, answer: Callable[[Grant], None]) -> None:
        """Carry a beat to the supervisor and its answer back; a cut network loses either."""
        self.control_bytes += len(pickle.dumps(beat)) + CALL_BYTES
        if node in self.cut:
            return
        self.clock.after(self.random.uniform(*DELAY_SECONDS), lambda: self._answer(node, beat, answer))

    def _answer(self, node: str, beat: Beat, answer: Callable[[Grant], None]) -> None:
        grant = self.supervisor.beat(beat)
        if node not in self.cut:
            self.control_bytes += len(pickle.dumps(grant))
            self.clock.after(self.random.uniform(*DELAY_SECONDS), lambda: answer(grant))

    def kill(self, node: str) -> None:
        """A node dies with all its processes, and comes back later."""
        worker = self.workers[node]
        theirs = {name for name, camera in self.cameras.items() if worker.run in camera.live_at}
        self._note_hit(worker)
        worker.is_alive = False
        for camera in self.cameras.values():
            camera.live_at.pop(worker.run, None)
        self._watch_recovery("death", theirs, worker.run)
        self.clock.after(self.random.uniform(*RESTART_SECONDS), lambda: self._start(node))

    def split(self, node: str, seconds: float) -> None:
        """A node does not reach the supervisor for so long; it still reaches its cameras."""
        worker = self.workers[node]
        theirs = {name for name, camera in self.cameras.items() if worker.run in camera.live_at}
        self._note_hit(worker)
        self.cut.add(node)
        self.clock.after(seconds, lambda: self.cut.discard(node))
        if seconds > self.settings.lease_seconds + 1 and worker.is_alive:
            self._watch_recovery("split", theirs, "")

    def check(self) -> None:
        """Count cameras that two workers may give events of at this moment, and how even the load is."""
        covered: defaultdict[str, int] = defaultdict(int)
        for worker in self.workers.values():
            for name in worker.lease.cameras if worker.is_alive else ():
                covered[name] += 1
        self.doubled += sum(count > 1 for count in covered.values())
        self.checks += 1

    def balance(self) -> None:
        """Note the fullest node's share of cores over the mean."""
        used = [
            sum(self.cameras[name].cores for name in worker.engine) / NODE_CORES
            for worker in self.workers.values()
            if worker.is_alive
        ]
        if used and statistics.mean(used):
            self.balances.append(max(used) / statistics.mean(used))

    def _start(self, node: str) -> None:
        self.workers[node] = SimulatedWorker(self, node, next(self.runs))

    def _watch_recovery(self, kind: str, names: set[str], but: str) -> None:
        began = self.clock.now
        for name in names:
            self._look(kind, name, began, but)

    def _note_hit(self, worker: SimulatedWorker) -> None:
        """Remember when a camera lost its worker, or the one that was about to take it."""
        for name in worker.lease.cameras | worker.engine:
            self._hit[name] = self.clock.now

    def _look(self, kind: str, name: str, began: float, but: str) -> None:
        """Note when a camera is live again under a lease that lasts."""
        now, camera = self.clock.now, self.cameras[name]
        live = [run for run, since in camera.live_at.items() if run != but and since > began]
        if live:
            self.recoveries[kind if self._hit[name] <= began else "hit_again"].append(now - began)
        elif now - began > 60:
            self.not_recovered += 1
        else:
            self.clock.after(0.05, lambda: self._look(kind, name, began, but))


def play(cameras: int, nodes: int, seconds: float, *, deaths: int, splits: int, seed: int) -> dict[str, object]:
    """One site for so many simulated seconds, with so many nodes that die and networks that split."""
    site = Site(cameras, nodes, seed)
    start = 60.0
    for action, count in ((site.kill, deaths), (lambda node: site.split(node, site.random.uniform(1, 60)), splits)):
        for _ in range(count):
            moment = site.random.uniform(start, start + seconds - 70)
            site.clock.after(moment, partial(_try, site, action))
    for tick in range(int((start + seconds) * 4)):
        site.clock.after(tick / 4, site.check)
    for tick in range(int(start), int(start + seconds), 5):
        site.clock.after(tick, site.balance)
    site.clock.run(start + seconds)
    status = site.supervisor.status()
    bus = _bus_bytes(cameras, nodes)
    return {
        "cameras": cameras,
        "nodes": nodes,
        "seconds": seconds,
        "deaths": deaths,
        "splits": splits,
        "seed": seed,
        "doubled": site.doubled,
        "checks": site.checks,
        "not_live_again": site.not_recovered,
        "death_seconds": _spread(site.recoveries["death"]),
        "split_seconds": _spread(site.recoveries["split"]),
        "hit_again_seconds": _spread(site.recoveries["hit_again"]),
        "cameras_hit_again": len(site.recoveries["hit_again"]),
        "fullest_over_mean": _spread(site.balances),
        "moves": status.moves,
        "control_bytes_a_second": round(site.control_bytes / (start + seconds)),
        "bus_bytes_a_second": round(bus),
    }


def _try(site: Site, action: Callable[[str], None]) -> None:
    alive = [node for node, worker in site.workers.items() if worker.is_alive and node not in site.cut]
    if len(alive) > 1:
        action(site.random.choice(alive))


def _bus_bytes(cameras: int, nodes: int) -> float:
    """Events, samples and heartbeats a second, to all subscribers."""
    tracks = cameras * TRACKS_AN_HOUR / 3600
    events = tracks * (TRACK_SECONDS + 3) * EVENT_BYTES + tracks * SAMPLE_BYTES
    health = nodes * HEALTH_BYTES + cameras * HEALTH_BYTES_A_CAMERA
    return SUBSCRIBERS * (events + health)


def _spread(values: Sequence[float]) -> list[float]:
    """Median, 99th percentile and largest."""
    if not values:
        return []
    ordered = sorted(values)
    return [round(ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)], 2) for share in (0.5, 0.99, 1)]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; --help lists the options."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.cluster", description=__doc__.splitlines()[0])
    parser.add_argument("--cameras", type=int, default=300)
    parser.add_argument("--nodes", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=600.0, help="simulated")
    parser.add_argument("--deaths", type=int, default=20)
    parser.add_argument("--splits", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    result = play(
        options.cameras,
        options.nodes,
        options.seconds,
        deaths=options.deaths,
        splits=options.splits,
        seed=options.seed,
    )
    sys.stdout.write(json.dumps(result) + "\n")
    spreads = [result[kind] for kind in ("death_seconds", "split_seconds")]
    worst = max([0.0, *(spread[-1] for spread in spreads if isinstance(spread, list) and spread)])
    return 1 if result["doubled"] or result["not_live_again"] or worst >= LIMIT_SECONDS else 0


if __name__ == "__main__":
    raise SystemExit(main())
