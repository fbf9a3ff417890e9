"""A film of a real camera over RTSP, killed with -9 while it is written."""

import os
import signal
import time
from pathlib import Path

import pytest

from pipeline.film.clip import cut_clip
from pipeline.film.segments import find_moment, list_segments
from tests.synthetic.films import count_pictures
from tests.synthetic.node import Listener, running
from tests.synthetic.rtsp import rtsp_server
from tests.synthetic.world import World, write_config

pytestmark = [pytest.mark.slow, pytest.mark.timeout(100)]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("world"), seconds=3, size=(320, 240), face_px=(14, 36))


def test_what_was_written_before_a_kill_can_be_read_and_cut(world: World, tmp_path: Path) -> None:
    film, bus = tmp_path / "film", f"ipc://{tmp_path}/bus"
    with rtsp_server({"door": world.clip, "yard": world.clip}) as server, Listener(bus) as listener:
        cameras = [{"name": name, "source": server.url(name)} for name in ("door", "yard")]
        site = write_config(
            tmp_path / "site.yaml", world.settings(cameras=cameras, film={"folder": str(film), "cameras": ["door"]})
        )
        with running(tmp_path, "--config", site, "--bind", bus) as node:
            listener.until(lambda event: event["kind"] == "track" and event["camera"] == "door")
            end = time.monotonic() + 5
            while time.monotonic() < end:
                listener.pump(0.2)
            seen = time.time()
            os.kill(node.process.pid, signal.SIGKILL)
            node.process.wait(10)
    segments = list_segments(film, "door")
    assert sum(count_pictures(one.path) for one in segments) > 30
    assert not (film / "yard").exists()
    found = find_moment(film, "door", seen - 2)
    assert found is not None
    assert found[0] in [one.path for one in segments]
    clip = cut_clip(film, "door", seen - 4, seen - 2, tmp_path / "clip.mp4")
    assert clip.start <= seen - 3.5
    assert clip.end == pytest.approx(seen - 2, abs=0.4)
    assert count_pictures(clip.path) > 15
