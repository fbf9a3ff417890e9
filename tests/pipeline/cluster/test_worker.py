"""Two real workers and a supervisor in one process, with real cameras: no Ray."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from pipeline.cluster.messages import Beat, Grant, SiteSettings
from pipeline.cluster.node_settings import place_of_node, settings_of_site
from pipeline.cluster.site import Site
from pipeline.cluster.supervisor import Supervisor
from pipeline.cluster.worker import SupervisorSilentError, Worker, WorkerFailedError
from pipeline.settings.load import make_settings
from pipeline.settings.types import CameraSettings, Settings
from tests.synthetic.rtsp import rtsp_server
from tests.synthetic.world import World

NAMES = ("door", "yard")


@dataclass
class Line:
    """Between a worker and the supervisor; it can be cut."""

    supervisor: Supervisor | Site
    is_cut: bool = False

    def __call__(self, beat: Beat) -> Grant:
        if self.is_cut:
            raise SupervisorSilentError("cut")
        return self.supervisor.beat(beat)


@dataclass
class Running:
    worker: Worker
    line: Line
    stop: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    def end(self) -> None:
        self.stop.set()
        assert self.thread
        self.thread.join(20)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    folder = tmp_path_factory.mktemp("cluster")
    world = World(folder / "world", seconds=3, fps=4, size=(320, 180), face_px=(14, 40))
    with rtsp_server(dict.fromkeys(NAMES, world.clip)) as server:
        cameras = [{"name": name, "source": server.url(name)} for name in NAMES]
        cluster = {"folder": str(folder / "nodes"), "lease_seconds": 1, "beat_seconds": 0.1, "settle_seconds": 1}
        yield settings_of_site(make_settings(world.settings(cameras=cameras, cluster=cluster)))


def start(stack: ExitStack, settings: Settings, supervisor: Supervisor | Site, node: str) -> Running:
    line = Line(supervisor)
    place = place_of_node(settings, node, networks=frozenset(), cores=1.0)
    running = Running(Worker(settings, place, line), line)
    running.thread = threading.Thread(target=running.worker.run, args=(running.stop,))
    running.thread.start()
    stack.callback(running.end)
    return running


def live(supervisor: Supervisor | Site) -> dict[str, str]:
    return {
        name: worker.node
        for worker in supervisor.status().workers
        for name, camera in worker.cameras.items()
        if camera.state == "live" and camera.frames
    }


def until(done: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_worker_that_is_cut_off_stops_and_the_other_takes_over(settings: Settings) -> None:
    supervisor = Supervisor(settings.cameras, settings.cluster)
    with ExitStack() as stack:
        one, two = (start(stack, settings, supervisor, node) for node in ("a", "b"))
        until(lambda: set(live(supervisor).values()) == {"a", "b"} and len(live(supervisor)) == 2)
        one.line.is_cut = True
        until(lambda: set(live(supervisor).values()) == {"b"} and len(live(supervisor)) == 2)
        assert not one.worker.held  # it has let go by itself
        one.line.is_cut = False
        until(lambda: {worker.node for worker in supervisor.status().workers} == {"a", "b"})
        two.end()
        until(lambda: set(live(supervisor).values()) == {"a"} and len(live(supervisor)) == 2)
    assert supervisor.status().losses == 1


def frames(site: Site, camera: str) -> int:
    """Of a camera since its worker's start; 0 where nobody runs it."""
    return sum(worker.cameras[camera].frames for worker in site.status().workers if camera in worker.cameras)


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_cameras_come_and_go_while_another_goes_on(settings: Settings) -> None:
    door, yard = settings.cameras

    def version(number: int, *cameras: CameraSettings) -> SiteSettings:
        return SiteSettings(settings=msgspec.structs.replace(settings, cameras=cameras), version=str(number))

    first = version(1, door)
    site = Site(first)
    with ExitStack() as stack:
        start(stack, first.settings, site, "changing")
        until(lambda: live(site) == {"door": "changing"})
        seen = frames(site, "door")
        site.take_up(version(2, door, yard))
        until(lambda: live(site) == {"door": "changing", "yard": "changing"})
        assert frames(site, "door") >= seen
        site.take_up(version(3, door, msgspec.structs.replace(yard, min_face_px=20)))
        until(lambda: {worker.run for worker in site.status().workers} != set() and len(live(site)) == 2)
        seen = frames(site, "yard")
        site.take_up(version(4, yard))
        until(lambda: live(site) == {"yard": "changing"})
        until(lambda: frames(site, "yard") > seen)
    assert site.status().losses == 0


@pytest.mark.slow
def test_an_engine_that_cannot_start_fails_the_worker(settings: Settings, tmp_path: Path) -> None:
    place = place_of_node(settings, "broken", networks=frozenset(), cores=1.0)
    Path(place.outbox).parent.mkdir(parents=True)
    Path(place.outbox).write_bytes(b"this is no database" * 100)
    worker = Worker(settings, place, Line(Supervisor(settings.cameras, settings.cluster)))
    with pytest.raises(WorkerFailedError, match="broken: "):
        worker.run(threading.Event())
