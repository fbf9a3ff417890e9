"""The processes that Ray keeps alive: one with the supervisor, and one with a worker on each node that takes one.

Ray starts them, starts them again, and carries beats. Frames and events never pass it: frames leak in its store
(ray-project/ray issue 47273), and the bus has its own way.
"""

import logging
import os
import threading
import time
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from pipeline.cluster.actor_log import SUPERVISOR, open_actor_log
from pipeline.cluster.messages import Beat, ClusterStatus, Grant, SiteSettings
from pipeline.cluster.node_settings import place_of_node, usable_cores
from pipeline.cluster.ray_nodes import WORKER_RESOURCE, RayNode, nodes_for_workers
from pipeline.cluster.site import Site
from pipeline.cluster.worker import SupervisorSilentError, Worker, WorkerFailedError

log = logging.getLogger("glimpse.cluster")

NAMESPACE = "glimpse"
WATCH_SECONDS = 0.5
BEATS_AT_ONCE = 64
END_SECONDS = 30.0
AGAIN_SECONDS = 10.0


class SupervisorHost:
    """The actor with the supervisor. It starts a worker on each node that has none."""

    def __init__(self, site: SiteSettings) -> None:
        open_actor_log(site.settings, SUPERVISOR, site.settings.node)
        self._site = Site(site)
        self._faults: dict[str, str] = {}
        self._started: dict[str, _Started] = {}
        self._ending = threading.Event()
        self._watch = threading.Thread(target=self._keep_workers, name="watch nodes", daemon=True)
        self._watch.start()

    def beat(self, beat: Beat) -> Grant:
        """Answer a worker."""
        return self._site.beat(beat)

    def status(self) -> ClusterStatus:
        """What is known now."""
        status = self._site.status()
        status.faults.extend(f"{node}: {fault}" for node, fault in sorted(self._faults.items()))
        return status

    def take_up(self, site: SiteSettings) -> None:
        """Run these cameras from now on."""
        self._site.take_up(site)

    def end(self) -> None:
        """Start no more workers."""
        self._ending.set()
        self._watch.join()

    def _keep_workers(self) -> None:
        while not self._ending.wait(WATCH_SECONDS):
            try:
                self._look_at_nodes()
            except (RayError, ValueError) as error:
                log.warning("workers cannot be started: %s", error)

    def _look_at_nodes(self) -> None:
        """Start what is missing. A worker that cannot even begin is told, and tried again a little later."""
        now = time.monotonic()
        listed: list[Any] = ray.nodes()  # type: ignore[no-untyped-call]
        nodes, faults = nodes_for_workers(listed)
        for node in nodes:
            started = self._started.get(node.name)
            if started is None or started.node != node.id or now >= started.again:
                self._started[node.name] = started = _Started(node.id, self._start(node).process.remote())
            if fault := started.fault(now):
                faults[node.name] = fault
        self._faults = faults

    def _start(self, node: RayNode) -> Any:
        name = worker_name(node)
        options: dict[str, Any] = {
            "name": name,
            "namespace": NAMESPACE,
            "lifetime": "detached",
            "get_if_exists": True,
            "num_cpus": 0,
            "resources": {WORKER_RESOURCE: 1},
            "max_restarts": -1,
            "max_concurrency": 2,
            "scheduling_strategy": NodeAffinitySchedulingStrategy(node.id, soft=False),
        }
        log.info("starting the worker of %s", node.name)
        return ray.remote(WorkerHost).options(**options).remote(self._site.newest, node)


@dataclass
class _Started:
    """A worker's actor. ready: its first answer.  again: when to start it again, monotonic seconds."""

    node: str
    ready: Any
    again: float = float("inf")
    _fault: str = ""

    def fault(self, now: float) -> str:
        """Why it could not begin; empty while nothing is known against it."""
        if self.ready is not None and ray.wait([self.ready], timeout=0)[0]:
            try:
                ray.get(self.ready)
            except RayError as error:
                self._fault, self.again = str(error).strip().splitlines()[-1], now + AGAIN_SECONDS
            self.ready = None
        return self._fault


class WorkerHost:
    """The actor with a worker. A process whose engine has failed ends, and Ray starts it again."""

    def __init__(self, site: SiteSettings, node: RayNode) -> None:
        settings = site.settings
        open_actor_log(settings, "worker", node.name)
        place = place_of_node(settings, node.name, networks=node.networks, cores=usable_cores())
        self._stop = threading.Event()
        asker = _Asker(settings.cluster.lease_seconds / 2)
        self._worker = Worker(settings, place, asker, version=site.version)
        self._thread = threading.Thread(target=self._run, name="beats", daemon=True)
        self._thread.start()

    def process(self) -> int:
        """Number of this process."""
        return os.getpid()

    def end(self) -> None:
        """Stop the cameras, end their tracks, and tell the supervisor."""
        self._stop.set()
        self._thread.join(END_SECONDS)

    def _run(self) -> None:
        try:
            self._worker.run(self._stop)
        except WorkerFailedError as error:
            log.error("%s", error)
        except BaseException:
            log.exception("the worker failed")
        if not self._stop.is_set():
            time.sleep(1.0)  # a fault that comes at once again must not take a whole core
            os._exit(1)


class _Asker:
    """Asks the supervisor's actor, wherever it runs now. seconds: how long an answer may take."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._supervisor: Any = None

    def __call__(self, beat: Beat) -> Grant:
        try:
            if self._supervisor is None:
                self._supervisor = ray.get_actor(SUPERVISOR, namespace=NAMESPACE)
            grant: Grant = ray.get(self._supervisor.beat.remote(beat), timeout=self._seconds)
        except GetTimeoutError:
            raise SupervisorSilentError(f"no answer within {self._seconds:g} s") from None
        except (RayError, ValueError) as error:
            self._supervisor = None
            raise SupervisorSilentError(f"{type(error).__name__}") from None
        return grant


def worker_name(node: RayNode) -> str:
    """Of the actor: a node that has started anew gets a new one, because the old one belongs to a node that is gone."""
    return f"worker-{node.name}-{node.id[:12]}"


def start_supervisor(site: SiteSettings) -> Any:
    """The supervisor's actor, on this node; the one that there is, where there is one."""
    here = ray.get_runtime_context().get_node_id()
    options: dict[str, Any] = {
        "name": SUPERVISOR,
        "namespace": NAMESPACE,
        "lifetime": "detached",
        "get_if_exists": True,
        "num_cpus": 0,
        "max_restarts": -1,
        "max_concurrency": BEATS_AT_ONCE,
        "scheduling_strategy": NodeAffinitySchedulingStrategy(here, soft=False),
    }
    return ray.remote(SupervisorHost).options(**options).remote(site)


def find_supervisor() -> Any:
    """The supervisor's actor; None where there is none."""
    try:
        return ray.get_actor(SUPERVISOR, namespace=NAMESPACE)
    except ValueError:
        return None


def end_all(supervisor: Any) -> int:
    """End the workers in order, then the supervisor; returns how many workers there were."""
    ray.get(supervisor.end.remote(), timeout=END_SECONDS)
    workers = [
        ray.get_actor(one["name"], namespace=NAMESPACE)
        for one in ray.util.list_named_actors(all_namespaces=True)
        if one["namespace"] == NAMESPACE and one["name"].startswith("worker-")
    ]
    asked: list[Any] = [worker.end.remote() for worker in workers]
    if asked:
        ray.wait(asked, num_returns=len(asked), timeout=END_SECONDS)
    for worker in [*workers, supervisor]:
        ray.kill(worker, no_restart=True)
    return len(workers)
