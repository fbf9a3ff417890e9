"""The program on live cameras that come and go, seen through its events.

Everything is real: processes, RTSP with Digest, H.264, ZeroMQ. The tests wait for events, never for a time.
"""

import json
import signal
import socket
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from pipeline.bus.client import Gap, Subscriber
from pipeline.events import CameraEvent, TrackAction, TrackEvent
from pipeline.types import CameraState
from tests.synthetic.node import Event, Listener, running
from tests.synthetic.rtsp import RtspServer, rtsp_server
from tests.synthetic.video import walk_clip, write_clip
from tests.synthetic.world import ROOT, World, write_config

USER, PASSWORD = "viewer", "p4ss@w0rd:/x"
CAMERAS = ("door", "hall")
# Shorter than the defaults, so that a frozen camera is noticed soon.
QUICK = {"stall_seconds": 1.0, "connect_seconds": 5.0}

slow = [pytest.mark.slow, pytest.mark.timeout(150)]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("world"), seconds=3, size=(320, 240), face_px=(14, 36))


@pytest.fixture
def cameras(world: World) -> Iterator[RtspServer]:
    with rtsp_server(dict.fromkeys(CAMERAS, world.clip), user=USER, password=PASSWORD) as server:
        yield server


@pytest.fixture
def bus(tmp_path: Path) -> str:
    return f"ipc://{tmp_path}/bus"


def halve(clip: Path, path: Path) -> Path:
    """The same clip at half the size."""
    with av.open(str(clip)) as container:
        rate = container.streams.video[0].average_rate
        frames = [
            np.asarray(frame.to_ndarray(format="bgr24", width=frame.width // 2, height=frame.height // 2), np.uint8)
            for frame in container.decode(video=0)
        ]
    return write_clip(path, frames, fps=float(rate or 12))


def config(world: World, folder: Path, server: RtspServer, **sections: Any) -> Path:
    """Two cameras of one server, the password in the environment."""
    watched = [{"name": name, "source": server.url(name, password="${env:CAMERA_PASSWORD}")} for name in CAMERAS]
    return write_config(folder / "site.yaml", world.settings(**{"defaults": QUICK, "cameras": watched} | sections))


def is_(kind: str, **fields: object) -> Callable[[Event], bool]:
    """Whether an event is of this kind and has these values."""
    return lambda event: event["kind"] == kind and all(event[key] == value for key, value in fields.items())


def names_from_all(listener: Listener, wanted: set[tuple[str, str]]) -> None:
    """Listen until every (camera, person) of `wanted` has been named."""
    missing = set(wanted)

    def last_missing(event: Event) -> bool:
        if event["kind"] == "identity":
            missing.discard((event["camera"], event["person"]))
        return not missing

    listener.until(last_missing)


def pass_through(listener: Listener, *states: str) -> None:
    """Listen until every camera has gone through these states, in this order, from now on."""
    left = {name: list(states) for name in CAMERAS}

    def through(event: Event) -> bool:
        pending = left.get(event["camera"], [])
        if event["kind"] == "camera" and pending and event["state"] == pending[0]:
            pending.pop(0)
        return not any(left.values())

    listener.until(through)


def by_topic(events: list[Event]) -> dict[tuple[str, str], list[Event]]:
    topics = defaultdict(list)
    for event in events:
        topics[event["kind"], event["camera"]].append(event)
    return topics


def read_events(path: Path) -> list[Event]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


EVERYBODY = {(camera, person) for camera in CAMERAS for person in ("Ada", "Grace")}


class TestLive:
    pytestmark = slow

    def test_faces_are_found_in_the_sub_stream_and_read_in_the_main_stream(self, bus: str, tmp_path: Path) -> None:
        world = World(tmp_path / "world", seconds=3, size=(640, 480), face_px=(28, 72))
        small = halve(world.clip, tmp_path / "sub.mp4")
        with rtsp_server({"main": world.clip, "sub": small}) as server, Listener(bus) as listener:
            door = {"name": "door", "source": server.url("main"), "sub_stream": server.url("sub")}
            site = write_config(tmp_path / "site.yaml", world.settings(cameras=[door]))
            with running(tmp_path, "--config", site, "--bind", bus) as node:
                named = listener.until(lambda event: event["kind"] == "identity" and bool(event["person"]))
                live = [event for event in listener.events if event["kind"] == "camera" and event["state"] == "live"]
                assert node.end(signal.SIGTERM) == 130, node.output
        assert (live[0]["width"], live[0]["height"]) == (320, 240)
        assert named["camera"] == "door"
        tracks = [one for one in listener.events if one["kind"] == "track" and one["track"] == named["track"]]
        assert named["evidence"]["median_px"] > 1.5 * tracks[-1]["face_px"], "crops come from the larger stream"

    def test_names_come_from_all_cameras_and_nothing_is_lost_or_repeated(
        self, world: World, cameras: RtspServer, bus: str, tmp_path: Path
    ) -> None:
        site = config(world, tmp_path, cameras)
        path = tmp_path / "events.jsonl"
        with (
            Listener(bus) as listener,
            running(tmp_path, "--config", site, "--bind", bus, "--events", path, CAMERA_PASSWORD=PASSWORD) as node,
        ):
            names_from_all(listener, EVERYBODY)
            listener.until(is_("health"))
            code = node.end(signal.SIGTERM)
            listener.drain()
        assert code == 130, node.output
        written = by_topic(read_events(path))
        received = by_topic(listener.events)
        assert set(received) == set(written)
        for topic, events in received.items():
            numbers = [event["seq"] for event in events]
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
            assert events == written[topic][numbers[0] :], (
                "what was received is what was written, from the first to the last"
            )
        people = {event["person"] for event in listener.events if event["kind"] == "identity"}
        assert people <= {"Ada", "Grace", None}, "the stranger has no name"

    def test_sigterm_ends_every_track_and_camera_for_the_subscriber(
        self, world: World, cameras: RtspServer, bus: str, tmp_path: Path
    ) -> None:
        site = config(world, tmp_path, cameras, events={"outbox": str(tmp_path / "outbox.db")})
        with (
            running(tmp_path, "--config", site, "--bind", bus, CAMERA_PASSWORD=PASSWORD) as node,
            Subscriber(bus, start="replay") as subscriber,
        ):
            seen: list[Any] = []
            while len(_open(seen)) < 2:
                seen.append(subscriber.receive(20))
                assert seen[-1], node.output
            code = node.end(signal.SIGTERM)
            while sum(isinstance(item, CameraEvent) and item.final for item in seen) < len(CAMERAS):
                seen.append(subscriber.receive(5))
                assert seen[-1] is not None, "not every camera was reported as ended"
        assert code == 130, node.output
        assert not any(isinstance(item, Gap) for item in seen)
        assert not _open(seen)
        last = {item.camera: item for item in seen if isinstance(item, CameraEvent)}
        assert {(name, event.state, event.final) for name, event in last.items()} == {
            (name, CameraState.ENDED, True) for name in CAMERAS
        }
        assert "SIGTERM" in last["door"].reason

    def test_a_camera_that_is_killed_and_comes_back(
        self, world: World, cameras: RtspServer, bus: str, tmp_path: Path
    ) -> None:
        site = config(world, tmp_path, cameras)
        with (
            Listener(bus) as listener,
            running(tmp_path, "--config", site, "--bind", bus, CAMERA_PASSWORD=PASSWORD) as node,
        ):
            names_from_all(listener, EVERYBODY)
            before = _tracks(listener.events)
            cameras.kill()
            pass_through(listener, "reconnecting")
            assert not _open_tracks(listener.events), "all tracks end before the camera reconnects"
            cameras.start()
            pass_through(listener, "live")
            names_from_all(listener, EVERYBODY)
            assert _tracks(listener.events) > before, "no track goes on after the gap"
            assert node.end(signal.SIGTERM) == 130

    def test_a_frozen_camera_is_stalled_and_goes_on(
        self, world: World, cameras: RtspServer, bus: str, tmp_path: Path
    ) -> None:
        site = config(world, tmp_path, cameras, defaults={"stall_seconds": 3.0, "connect_seconds": 5.0})
        with (
            Listener(bus) as listener,
            running(tmp_path, "--config", site, "--bind", bus, CAMERA_PASSWORD=PASSWORD) as node,
        ):
            names_from_all(listener, EVERYBODY)
            cameras.freeze()
            pass_through(listener, "stalled")
            cameras.thaw()
            pass_through(listener, "live")
            names_from_all(listener, EVERYBODY)
            assert node.end(signal.SIGTERM) == 130
        stalled = [event["reason"] for event in listener.events if is_("camera", state="stalled")(event)]
        assert set(stalled) == {"no frame for 3 s"}

    def test_a_wrong_password_is_reported_and_not_shown(
        self, world: World, cameras: RtspServer, bus: str, tmp_path: Path
    ) -> None:
        wrong = "wr0ng@s3cret:/y"
        urls = [cameras.url("door"), cameras.url("hall", password=wrong)]
        site = write_config(tmp_path / "site.yaml", world.settings())
        path = tmp_path / "events.jsonl"
        flags = ["--config", site, "--bind", bus, "--events", path, "--duration", 8, "--log-level", "debug"]
        with (
            Listener(bus) as listener,
            running(tmp_path, "--rtsp", urls[0], "--rtsp", urls[1], *map(str, flags)) as node,
        ):
            code = node.end()
            listener.drain()
        written = read_events(path)
        failed = next(event for event in written if is_("camera", state="failed")(event))
        assert failed["reason"] == "wrong user or password"
        assert failed["final"] is False, "somebody may correct the password"
        assert code == 3, node.output
        assert "wrong user or password" in node.output
        everything = node.output + path.read_text(encoding="utf-8") + json.dumps(listener.events)
        for secret in (PASSWORD, wrong, "p4ss", "wr0ng", "s3cret"):
            assert secret not in everything
        assert any(event["kind"] == "identity" for event in written), "the other camera keeps working"

    def test_somebody_enrolled_meanwhile_is_named(
        self, world: World, cameras: RtspServer, bus: str, tmp_path: Path
    ) -> None:
        gallery = world.enroll(tmp_path / "growing.db", {0: "Ada"})
        site = config(world, tmp_path, cameras, gallery=str(gallery))
        with (
            Listener(bus) as listener,
            running(tmp_path, "--config", site, "--bind", bus, CAMERA_PASSWORD=PASSWORD) as node,
        ):
            names_from_all(listener, {(camera, "Ada") for camera in CAMERAS})
            assert listener.until(is_("health"))["people"] == 1
            world.enroll(gallery, {2: "Hedy"})
            listener.until(is_("health", people=2))
            names_from_all(listener, {(camera, "Hedy") for camera in CAMERAS})
            assert "Grace" not in {event.get("person") for event in listener.events}
            assert node.end(signal.SIGTERM) == 130

    def test_the_picture_may_change_its_size(self, world: World, bus: str, tmp_path: Path) -> None:
        large = tmp_path / "large.mp4"
        walk_clip(large, people=3, seconds=3, size=(480, 320), face_px=(14, 36))
        with rtsp_server({"door": [world.clip, large]}) as camera, Listener(bus) as listener:
            watched = [{"name": "door", "source": camera.url("door")}]
            site = write_config(tmp_path / "site.yaml", world.settings(cameras=watched))
            with running(tmp_path, "--config", site, "--bind", bus) as node:
                names_from_all(listener, {("door", "Ada")})
                camera.command("next")
                changed = listener.until(is_("camera", state="live"))
                assert (changed["width"], changed["height"]) == (480, 320)
                assert changed["reason"] == "size was 320x240"
                names_from_all(listener, {("door", "Ada"), ("door", "Grace")})
                assert node.end(signal.SIGTERM) == 130

    def test_reconnecting_leaves_no_thread_and_no_descriptor(
        self, world: World, cameras: RtspServer, bus: str, tmp_path: Path
    ) -> None:
        site = config(world, tmp_path, cameras)
        with (
            Listener(bus) as listener,
            running(tmp_path, "--config", site, "--bind", bus, CAMERA_PASSWORD=PASSWORD) as node,
        ):
            names_from_all(listener, EVERYBODY)
            listener.until(is_("health"))
            threads, descriptors = node.threads, node.descriptors
            for _ in range(4):
                cameras.command("drop")
                pass_through(listener, "reconnecting", "live")
            names_from_all(listener, EVERYBODY)
            assert (node.threads, node.descriptors) == (threads, descriptors)
            assert node.end(signal.SIGTERM) == 130

    def test_events_on_standard_output_come_while_it_runs(
        self, world: World, cameras: RtspServer, tmp_path: Path
    ) -> None:
        models = ["--detector", str(world.detector), "--rtsp", cameras.url("door")]
        command = [sys.executable, "run_pipeline.py", *models, "--events", "-", "--bind", "none"]
        err = tmp_path / "stderr.txt"
        with err.open("wb") as stderr, subprocess.Popen(command, cwd=ROOT, stdout=-1, stderr=stderr) as process:
            assert process.stdout is not None
            try:
                kinds = []
                while "track" not in kinds:
                    kinds.append(json.loads(process.stdout.readline())["kind"])
                assert process.poll() is None
                process.terminate()
                rest = [json.loads(line) for line in process.stdout]
                assert process.wait(20) == 130
            finally:
                process.kill()
        assert (rest[-1]["kind"], rest[-1]["state"]) == ("camera", "ended")

    def test_an_address_in_use_ends_with_two_and_is_named(self, world: World, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
            source = ["--rtsp", "rtsp://127.0.0.1:9/none", "--detector", world.detector]
            with running(tmp_path, *source, "--bind", address) as node:
                assert node.end() == 2
        assert address in _flat(node.output)
        assert "in use" in _flat(node.output)
        assert "Traceback" not in node.output

    @pytest.mark.parametrize("case", ["closed", "black hole", "404"])
    def test_a_camera_that_never_answers_ends_with_three(self, world: World, tmp_path: Path, case: str) -> None:
        words = {"closed": "connection refused", "black hole": "no answer within 1 s", "404": "no such stream"}
        path = tmp_path / "events.jsonl"
        with rtsp_server({"door": world.clip}, silent=case == "black hole") as camera:
            url = camera.url("nothing" if case == "404" else "door")
            if case == "closed":
                camera.kill()
            watched = [{"name": "door", "source": url, "connect_seconds": 1.0}]
            site = write_config(tmp_path / "site.yaml", world.settings(cameras=watched, events={"bind": "none"}))
            with running(tmp_path, "--config", site, "--events", path, "--duration", "4") as node:
                assert node.end() == 3, node.output
        state = "failed" if case == "404" else "reconnecting"
        reasons = [event["reason"] for event in read_events(path) if is_("camera", state=state)(event)]
        assert reasons == [words[case]], "reported once, however often it is tried"
        assert f"door: {words[case]}" in _flat(node.output)
        assert "Traceback" not in node.output


def _open(items: list[Any]) -> set[tuple[str, int]]:
    """Tracks that began and did not end."""
    tracks = [item for item in items if isinstance(item, TrackEvent)]
    ended = {(item.camera, item.track) for item in tracks if item.action is TrackAction.END}
    return {(item.camera, item.track) for item in tracks} - ended


def _tracks(events: list[Event]) -> set[tuple[str, int]]:
    return {(event["camera"], event["track"]) for event in events if event["kind"] == "track"}


def _open_tracks(events: list[Event]) -> set[tuple[str, int]]:
    ended = [event for event in events if event["kind"] == "track" and event["action"] == "end"]
    return _tracks(events) - _tracks(ended)


def _flat(text: str) -> str:
    """Undo the line breaks of a console of 80 columns."""
    return " ".join(text.split())
