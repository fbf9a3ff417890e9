"""A changed configuration while cameras are watched: real processes, RTSP and ZeroMQ."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.synthetic.node import Event, Listener, running
from tests.synthetic.rtsp import RtspServer, rtsp_server
from tests.synthetic.world import World, write_config

pytestmark = [pytest.mark.slow, pytest.mark.timeout(150)]
LEFT = [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]
WHOLE = [[0, 0], [1, 0], [1, 1], [0, 1]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("world"), seconds=3, size=(320, 240), face_px=(14, 36))


@pytest.fixture
def server(world: World) -> Iterator[RtspServer]:
    with rtsp_server({"door": world.clip, "hall": world.clip}) as server:
        yield server


class Site:
    """A configuration file that is replaced as an editor does it."""

    def __init__(self, world: World, server: RtspServer, path: Path) -> None:
        self._world, self._server, self.path = world, server, path

    def write(self, *cameras: str, changes: dict[str, Any] | None = None, **sections: Any) -> None:
        watched = [{"name": name, "source": self._server.url(name)} | (changes or {}) for name in cameras]
        settings = self._world.settings(**{"cameras": watched} | sections)
        new = self.path.with_suffix(".new")
        write_config(new, settings)
        os.replace(new, self.path)


def camera_is(name: str, state: str, reason: str | None = None) -> Any:
    return lambda event: (
        event["kind"] == "camera"
        and (event["camera"], event["state"]) == (name, state)
        and reason in (None, event["reason"])
    )


def new_track(name: str) -> Any:
    return lambda event: (event["kind"], event["camera"], event.get("action")) == ("track", name, "new")


def open_tracks(events: list[Event], name: str) -> set[int]:
    tracks = [event for event in events if event["kind"] == "track" and event["camera"] == name]
    return {one["track"] for one in tracks} - {one["track"] for one in tracks if one["action"] == "end"}


def test_cameras_are_added_paused_and_resumed_and_none_of_their_tracks_stays_open(
    world: World, server: RtspServer, tmp_path: Path
) -> None:
    site, bus = Site(world, server, tmp_path / "site.yaml"), f"ipc://{tmp_path}/bus"
    site.write("door")
    with Listener(bus) as listener, running(tmp_path, "--config", site.path, "--bind", bus) as node:
        listener.until(new_track("door"))
        site.write("door", "hall")
        listener.until(new_track("hall"))
        site.write("door", "hall", changes={"enabled": False})
        listener.until(camera_is("hall", "ended", "paused"))
        listen(listener, 0.5)
        assert open_tracks(listener.events, "door") == set()
        assert open_tracks(listener.events, "hall") == set()
        beat = listener.until(lambda event: event["kind"] == "health")
        assert beat["cameras"] == {}, "nothing runs, and the node waits"
        last = max(one["media_time"] for one in listener.events if one["kind"] == "track" and one["camera"] == "door")
        tracks = {one["track"] for one in listener.events if one["kind"] == "track" and one["camera"] == "door"}
        site.write("door")
        again = listener.until(new_track("door"))
        assert again["track"] > max(tracks), "no number is used twice"
        assert again["media_time"] > last, "the clock goes on"
        assert node.end(signal.SIGTERM) == 130, node.output
        listener.drain()
    for topic in {(event["kind"], event["camera"]) for event in listener.events}:
        numbers = [event["seq"] for event in listener.events if (event["kind"], event["camera"]) == topic]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert "hall" not in {one["camera"] for one in listener.events[-5:] if one["kind"] == "track"}


def test_a_removed_camera_ends_and_zones_thresholds_and_masks_are_taken_up_at_once(
    world: World, server: RtspServer, tmp_path: Path
) -> None:
    site, bus = Site(world, server, tmp_path / "site.yaml"), f"ipc://{tmp_path}/bus"
    site.write("door", "hall")
    with Listener(bus) as listener, running(tmp_path, "--config", site.path, "--bind", bus) as node:
        listener.until(lambda event: event["kind"] == "identity" and event["camera"] == "door")
        site.write("door", changes={"zones": {"left": LEFT, "all": WHOLE}})
        listener.until(camera_is("hall", "ended", "removed"))
        zoned = listener.until(lambda event: event["kind"] == "track" and "all" in event["zones"])
        assert zoned["camera"] == "door"
        states = [
            event["state"] for event in listener.events if event["kind"] == "camera" and event["camera"] == "door"
        ]
        assert states[-1] == "live", "it did not connect again"
        site.write("door", changes={"masks": [WHOLE]})
        listener.until(lambda event: event["kind"] == "track" and event["action"] == "end")
        listen(listener, 2.5)
        assert open_tracks(listener.events, "door") == set(), "nothing is seen in the dark"
        assert node.end(signal.SIGTERM) == 130, node.output


def test_a_broken_file_changes_nothing_and_a_signal_reads_the_file_where_it_is_not_watched(
    world: World, server: RtspServer, tmp_path: Path
) -> None:
    site, bus = Site(world, server, tmp_path / "site.yaml"), f"ipc://{tmp_path}/bus"
    site.write("door", watch_config=False)
    with Listener(bus) as listener, running(tmp_path, "--config", site.path, "--bind", bus) as node:
        listener.until(new_track("door"))
        site.path.write_text("cameras: [{source: [}]")
        os.kill(node.process.pid, signal.SIGHUP)
        wait_for(listener, lambda: "nothing is changed" in node.output)
        site.write("door", "hall", watch_config=False, node="other")
        listen(listener, 1.5)
        assert "hall" not in {event["camera"] for event in listener.events}
        os.kill(node.process.pid, signal.SIGHUP)
        listener.until(new_track("hall"))
        assert "needs a restart: node" in node.output
        assert {event["node"] for event in listener.events} == {"glimpse"}
        assert node.end(signal.SIGTERM) == 130, node.output


def listen(listener: Listener, seconds: float) -> None:
    """Take what comes in this time."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        listener.pump(left)


def wait_for(listener: Listener, condition: Any) -> None:
    """Listen until the condition holds."""
    for _ in range(200):
        if condition():
            return
        listener.pump(0.1)
    raise AssertionError("did not happen within 20 s")
