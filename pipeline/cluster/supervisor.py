"""Says who runs which camera, by the beats of the workers alone; knows nothing of Ray, of networks and of pictures.

A camera goes to another worker only when the one before has said that it has stopped, or when its lease has surely
ended. A supervisor that starts waits for one lease first: workers of an earlier one may still run cameras, and say
which.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pipeline.cluster.costs import CostMeter, supposed_cores
from pipeline.cluster.holders import Holders
from pipeline.cluster.lease import GUARD_SECONDS
from pipeline.cluster.messages import Beat, ClusterStatus, Grant, WorkerStatus
from pipeline.cluster.placement import Load, Place, Placement, balance, keep, place, used_cores
from pipeline.settings.rooms.cluster import ClusterSettings
from pipeline.settings.types import CameraSettings

MOVES_AT_ONCE = 4
SILENT_BEATS = 3
NO_GRANT = Grant()


@dataclass
class _Worker:
    """What is known of a worker. slow_since: when its latency began to be above the limit."""

    beat: Beat
    heard: float
    slow_since: float | None = None
    retired: set[str] = field(default_factory=set)


class Supervisor:
    """One for all workers; `beat` may be called from any thread.

    cameras: those that are to run, with names.  clock: monotonic seconds.
    """

    def __init__(
        self,
        cameras: Sequence[CameraSettings],
        settings: ClusterSettings,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cameras = {camera.name: camera for camera in cameras if camera.enabled}
        self._settings, self._clock = settings, clock
        self._lock = threading.Lock()
        self._costs = CostMeter({name: supposed_cores(camera) for name, camera in self._cameras.items()})
        self._workers: dict[str, _Worker] = {}
        self._holders = Holders()
        self._goal: Placement = {}
        self._planned: dict[str, Place] = {}
        self._term = settings.lease_seconds + GUARD_SECONDS
        self._begins = clock() + self._term
        self._settled = self._begins
        self._moves = self._losses = 0

    def beat(self, beat: Beat) -> Grant:
        """Take a worker's report; the answer says what it runs until when."""
        with self._lock:
            now = self._clock()
            self._forget_silent(now)
            if not self._accept(beat, now):
                return NO_GRANT
            self._holders.report(beat.run, beat.node, beat.held, until=now + self._term)
            self._costs.add(beat, now)
            self._plan(now)
            return Grant(cameras=self._granted(beat, now), lease_seconds=self._settings.lease_seconds)

    def take_up(self, cameras: Sequence[CameraSettings]) -> None:
        """Run these cameras from now on; those that stay go on where they are."""
        with self._lock:
            self._cameras = {camera.name: camera for camera in cameras if camera.enabled}
            self._costs.suppose({name: supposed_cores(camera) for name, camera in self._cameras.items()})
            self._planned = {}  # as if all nodes were new: cameras are placed at once

    @property
    def is_waiting(self) -> bool:
        """Whether leases of an earlier supervisor may still run."""
        return self._clock() < self._begins

    def status(self) -> ClusterStatus:
        """What is known now."""
        with self._lock:
            now = self._clock()
            self._forget_silent(now)
            self._plan(now)
            return ClusterStatus(
                waiting=now < self._begins,
                workers=[self._status_of(worker, now) for _, worker in sorted(self._workers.items())],
                unplaced={name: self._why_not(name) for name in self._cameras if name not in self._goal},
                moves=self._moves,
                losses=self._losses,
            )

    def _accept(self, beat: Beat, now: float) -> bool:
        """Whether a beat counts: of the newest process of its node, and newer than the one before."""
        worker = self._workers.get(beat.node)
        if worker is None:
            self._workers[beat.node] = _Worker(beat, now)
            self._settled = max(self._settled, now + self._settings.settle_seconds)
            return True
        if beat.run in worker.retired or (beat.run == worker.beat.run and beat.number <= worker.beat.number):
            return False
        if beat.run != worker.beat.run:
            worker.retired.add(worker.beat.run)
            worker.slow_since = None
        worker.beat, worker.heard = beat, now
        self._note_speed(worker, now)
        return True

    def _note_speed(self, worker: _Worker, now: float) -> None:
        is_slow = (worker.beat.latency_p99 or 0.0) > self._settings.slow_seconds
        worker.slow_since = (worker.slow_since if worker.slow_since is not None else now) if is_slow else None

    def _is_slow(self, worker: _Worker, now: float) -> bool:
        return worker.slow_since is not None and now - worker.slow_since >= self._settings.settle_seconds

    def _forget_silent(self, now: float) -> None:
        """A worker whose lease has surely ended runs nothing."""
        for node in [node for node, worker in self._workers.items() if now - worker.heard > self._term]:
            self._losses += not self._workers.pop(node).beat.leaving
            self._settled = now + self._settings.settle_seconds

    def _plan(self, now: float) -> None:
        """Place anew where workers came, went or changed their speed, and balance when it is time."""
        if now < self._begins:
            return
        places = {
            node: Place(
                max(worker.beat.cores, 1e-3),
                worker.beat.networks,
                slow=self._is_slow(worker, now),
                silent=now - worker.heard > SILENT_BEATS * self._settings.beat_seconds,
            )
            for node, worker in self._workers.items()
            if not worker.beat.leaving
        }
        if places == self._planned and now < self._settled:
            return
        self._planned = places
        loads = self._loads()
        held = {name: node for name in loads if (node := self._holders.node_of(name, now))}
        sure = {name: node for name, node in self._goal.items() if node in places and not places[node].silent}
        self._goal = place(loads, places, keep(loads, places, held | sure))
        if now >= self._settled:
            better = balance(loads, places, self._goal, moves=MOVES_AT_ONCE)
            moved = sum(better[name] != self._goal[name] for name in better)
            self._goal, self._moves = better, self._moves + moved
            self._settled = now + self._settings.settle_seconds

    def _loads(self) -> dict[str, Load]:
        return {name: Load(self._costs.cores(name), camera.network) for name, camera in self._cameras.items()}

    def _granted(self, beat: Beat, now: float) -> frozenset[str]:
        mine = (name for name, node in self._goal.items() if node == beat.node)
        if now < self._begins:
            return beat.held & self._holders.of(beat.run)  # also what is to be removed: `take_up` may still come
        until = now + self._term
        return frozenset(name for name in mine if self._holders.take(name, beat.run, beat.node, now=now, until=until))

    def _why_not(self, camera: str) -> str:
        network = self._cameras[camera].network
        if not self._workers:
            return "no worker is heard"
        return f"no worker has the network {network}" if network else "waiting for a lease to end"

    def _status_of(self, worker: _Worker, now: float) -> WorkerStatus:
        beat = worker.beat
        loads = self._loads()
        mine = {name: beat.node for name in beat.held}
        return WorkerStatus(
            node=beat.node,
            run=beat.run,
            address=beat.address,
            networks=sorted(beat.networks),
            cores=beat.cores,
            load=round(used_cores(loads, {beat.node: Place(1.0)}, mine)[beat.node], 3),
            slow=self._is_slow(worker, now),
            heard=round(now - worker.heard, 3),
            latency_p99=beat.latency_p99,
            cameras=beat.cameras,
        )
