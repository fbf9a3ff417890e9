"""Several raylets on this machine as the nodes of a site: RTSP cameras, workers on Ray, and a client at each worker."""

import contextlib
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Self

from pipeline.client import Gap, Item, Subscriber
from pipeline.cluster.messages import ClusterStatus, SiteSettings
from pipeline.cluster.node_settings import settings_of_site
from pipeline.cluster.ray_nodes import NODE_LABEL, WORKER_RESOURCE
from pipeline.cluster.ray_session import MEGABYTE, import_ray
from pipeline.events import Event, decode
from pipeline.settings.load import make_settings, read_config
from tests.endurance.cluster_audit import key_of
from tests.synthetic.rtsp import rtsp_server
from tests.synthetic.world import World, write_config

CLIP_SECONDS = 6.0
OBJECT_STORE_MB = 80
POLL_SECONDS = 0.1


class Client:
    """Receives all that a worker has stored and publishes, in a thread of its own."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._items: list[Item] = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._receive, name="client", daemon=True)
        self._thread.start()

    @property
    def items(self) -> list[Item]:
        """Everything so far."""
        with self._lock:
            return list(self._items)

    def close(self) -> None:
        """End the thread."""
        self._stop.set()
        self._thread.join()

    def _receive(self) -> None:
        with Subscriber(self._address, start="replay") as subscriber:
            while not self._stop.is_set():
                item = subscriber.receive(POLL_SECONDS)
                if item is not None:
                    with self._lock:
                        self._items.append(item)


class ClusterSite:
    """Cameras, a head without a worker, and nodes that are killed and started again.

    look: of the cameras' clip (`fps`, `size`).  events, cluster: sections of the configuration.
    """

    def __init__(
        self, folder: Path, *, cameras: int, nodes: Sequence[str], look: dict[str, Any], cluster: dict[str, Any]
    ) -> None:
        self._ray = import_ray()  # before anything else imports Ray, which reads its environment then
        from ray.cluster_utils import Cluster

        from pipeline.cluster.actors import start_supervisor

        self.folder, self.names = folder, [f"cam{number:02}" for number in range(cameras)]
        world = World(folder / "world", seconds=CLIP_SECONDS, face_px=(14, 40), **look)
        with ExitStack() as stack:
            server = stack.enter_context(rtsp_server(dict.fromkeys(self.names, world.clip)))
            section = {"folder": str(folder / "nodes")} | cluster
            settings = world.settings(
                cameras=[{"name": name, "source": server.url(name)} for name in self.names],
                events={"update_seconds": 0.5},
                cluster=section,
            )
            self.settings = settings_of_site(make_settings(read_config(write_config(folder / "site.yaml", settings))))
            self._clients = {name: Client(self._address(name)) for name in nodes}
            for client in self._clients.values():
                stack.enter_context(closing(client))
            self._cluster: Any = Cluster(
                initialize_head=True,
                head_node_args={
                    "num_cpus": 0,
                    "object_store_memory": OBJECT_STORE_MB * MEGABYTE,
                    "include_dashboard": False,
                },
            )
            stack.callback(self._cluster.shutdown)
            self._raylets: dict[str, Any] = {}
            for name in nodes:
                self.start_node(name)
            self._ray.init(address=self._cluster.address, log_to_driver=False, logging_level="error")
            stack.callback(self._ray.shutdown)
            self.supervisor = start_supervisor(SiteSettings(settings=self.settings, version="1"))
            stack.callback(self._end)
            self._resources = stack.pop_all()

    def start_node(self, name: str) -> None:
        """Start a raylet that takes a worker; returns when Ray knows it."""
        self._raylets[name] = self._cluster.add_node(
            num_cpus=1,
            resources={WORKER_RESOURCE: 1},
            labels={NODE_LABEL: name},
            object_store_memory=OBJECT_STORE_MB * MEGABYTE,
        )

    def kill_node(self, name: str) -> float:
        """SIGKILL to the raylet alone; returns the Unix second. Its worker ends because its raylet is gone."""
        node = self._raylets.pop(name)
        [raylet] = node.all_processes["raylet"]
        killed = time.time()
        os.kill(raylet.process.pid, signal.SIGKILL)
        raylet.process.wait()
        self._cluster.remove_node(node, allow_graceful=False)
        return killed

    def status(self) -> ClusterStatus:
        """What the supervisor knows."""
        status: ClusterStatus = self._ray.get(self.supervisor.status.remote(), timeout=60)
        return status

    def runs_where(self) -> dict[str, str]:
        """Live camera to node, as the workers last said."""
        return {
            name: worker.node
            for worker in self.status().workers
            for name, camera in worker.cameras.items()
            if camera.state == "live" and camera.frames
        }

    def wait_for(self, done: Callable[[], bool], seconds: float, what: str) -> None:
        """Raises TimeoutError."""
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end:
                raise TimeoutError(f"{what}: not within {seconds:g} s; {self.status()}")
            time.sleep(POLL_SECONDS)

    def received(self) -> dict[str, list[Item]]:
        """By node, what its client has."""
        return {name: client.items for name, client in self._clients.items()}

    def kept(self) -> dict[str, list[Event]]:
        """By node, what its outbox holds."""
        found: dict[str, list[Event]] = {}
        for name in self._clients:
            path = self.folder / "nodes" / name / "outbox.db"
            if path.exists():
                with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
                    rows = database.execute("SELECT body FROM events ORDER BY id").fetchall()
                found[name] = [decode(body) for (body,) in rows]
        return found

    def wait_for_clients(self, kept: Mapping[str, Sequence[Event]]) -> None:
        """Until each client has these events of cameras, or for a minute."""
        with contextlib.suppress(TimeoutError):
            self.wait_for(lambda: self._has_all(kept), 60.0, "clients")

    def _has_all(self, kept: Mapping[str, Sequence[Event]]) -> bool:
        received = self.received()
        return all(
            {key_of(event) for event in events if event.camera}
            <= {key_of(item) for item in received[name] if not isinstance(item, Gap)}
            for name, events in kept.items()
        )

    def close(self) -> None:
        """End all processes; the files stay."""
        self._resources.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _address(self, name: str) -> str:
        return f"ipc://{self.folder / 'nodes' / name / 'bus'}"

    def _end(self) -> None:
        from pipeline.cluster.actors import end_all

        with contextlib.suppress(Exception):
            end_all(self.supervisor)
