"""Cameras that send packets without pictures, and frozen ones: what is waited for, and what is never called live."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from pipeline.capture.live import Backoff
from pipeline.settings.types import CameraDefaults
from pipeline.types import CameraReport, CameraState, Frame
from tests.pipeline.capture.test_live import media_times_grow, reading
from tests.synthetic.rtsp import rtsp_server
from tests.synthetic.video import number_of, numbered, write_clip

FPS = 48
SHORT = CameraDefaults(stall_seconds=0.2, connect_seconds=0.4)
ONE_ATTEMPT = Backoff(initial_seconds=60)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / "cam.mp4", numbered(48), fps=FPS)


@pytest.fixture(scope="module")
def long_gop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds with one key frame."""
    return write_clip(tmp_path_factory.mktemp("clips") / "gop.mp4", numbered(144), fps=FPS, g="144")


def test_a_key_frame_that_comes_late_is_waited_for(long_gop: Path) -> None:
    with rtsp_server({"cam": long_gop}, skip=48) as server, reading(server.url("cam"), SHORT) as engine:
        first = engine.until(1)
    assert isinstance(first, Frame)
    assert number_of(first.image) == 0, "the next key frame, two seconds after the first packet"
    assert "reconnecting" not in engine.states, "five times the limits for silence"


@pytest.mark.slow
def test_a_camera_without_key_frames_fails_after_its_own_limit(long_gop: Path) -> None:
    settings = CameraDefaults(stall_seconds=0.2, connect_seconds=0.4, key_frame_seconds=1.5)
    with rtsp_server({"cam": long_gop}, keyless=True) as server:
        began = time.monotonic()
        with reading(server.url("cam"), settings, backoff=ONE_ATTEMPT) as engine:
            lost = engine.until(CameraState.RECONNECTING)
        took = time.monotonic() - began
    assert isinstance(lost, CameraReport)
    assert lost.reason == "packets, but no picture within 1.5 s"
    assert engine.states[:2] == ["connecting", "reconnecting"]
    assert took >= 1.5


@pytest.mark.parametrize("how", ["freeze", "pause"])
@pytest.mark.parametrize("connect_seconds", [0.5, 0.8, 1.5])
def test_a_frozen_camera_is_never_called_live(clip: Path, how: str, connect_seconds: float) -> None:
    settings = CameraDefaults(stall_seconds=0.4, connect_seconds=connect_seconds)
    with rtsp_server({"cam": clip}) as server, reading(server.url("cam"), settings, backoff=ONE_ATTEMPT) as engine:
        engine.until(5)
        server.freeze() if how == "freeze" else server.command("pause")
        lost = engine.until(CameraState.RECONNECTING)
    assert isinstance(lost, CameraReport)
    assert lost.reason == "no frame for 0.8 s"
    assert engine.states == ["connecting", "live", "stalled", "reconnecting", "ended"]


@pytest.mark.parametrize("bframes", [False, True])
def test_a_frozen_camera_that_dies_is_not_called_live(tmp_path: Path, bframes: bool) -> None:
    options = {"preset": "medium", "tune": "fastdecode", "bf": "3"} if bframes else {}
    clip = write_clip(tmp_path / "cam.mp4", numbered(48), fps=FPS, **options)
    settings = CameraDefaults(stall_seconds=0.4, connect_seconds=5)
    with rtsp_server({"cam": clip}) as server, reading(server.url("cam"), settings, backoff=ONE_ATTEMPT) as engine:
        engine.until(5)
        server.freeze()
        engine.until(CameraState.STALLED)
        server.kill()
        engine.until(CameraState.RECONNECTING)
    assert engine.states == ["connecting", "live", "stalled", "reconnecting", "ended"]


def test_a_thawed_camera_loses_no_picture(clip: Path) -> None:
    settings = CameraDefaults(stall_seconds=0.3, connect_seconds=5, key_frame_seconds=30)
    with rtsp_server({"cam": clip}) as server, reading(server.url("cam"), settings) as engine:
        engine.until(5)
        server.freeze()
        engine.until(CameraState.STALLED)
        server.thaw()
        engine.until(CameraState.LIVE)
        engine.until(20)
    assert [number_of(frame.image) for frame in engine.frames] == [frame.index % 48 for frame in engine.frames]
    assert media_times_grow(engine.frames)


@contextmanager
def sender(data: bytes, *, chunk: int, repeat: bool) -> Iterator[str]:
    """The URL of a TCP server that sends `chunk` bytes fifty times a second; at the end it repeats or falls silent."""
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_serve, args=(server, data, chunk, repeat, done))
        thread.start()
        try:
            yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
        finally:
            done.set()
            thread.join(5)


def _serve(server: socket.socket, data: bytes, chunk: int, repeat: bool, done: threading.Event) -> None:
    connection, _ = server.accept()
    with connection:
        for start in count(0, chunk):
            if done.wait(0.02):
                return
            if repeat or start < len(data):
                at = start % len(data)
                connection.sendall(data[at : at + chunk])


def test_mpeg_ts_joined_between_key_frames(tmp_path: Path) -> None:
    frames = numbered(144)
    data = write_clip(tmp_path / "gop.ts", frames, fps=FPS, g="144").read_bytes()
    middle = len(data) // 376 * 188
    chunk = len(data) // 188 // 80 * 188
    data = data[middle:] + data[:middle]
    data = data[: len(data) // chunk * chunk]
    settings = CameraDefaults(stall_seconds=0.3, connect_seconds=5)
    with sender(data, chunk=chunk, repeat=True) as url, reading(url, settings) as engine:
        first = engine.until(1)
    assert isinstance(first, Frame)
    assert number_of(first.image) == 0
    assert "reconnecting" not in engine.states


def test_mpeg_ts_that_falls_silent_is_never_called_live(tmp_path: Path) -> None:
    options = {"preset": "medium", "tune": "fastdecode", "bf": "3"}
    data = write_clip(tmp_path / "b.ts", numbered(48), fps=FPS, **options).read_bytes()
    settings = CameraDefaults(stall_seconds=0.3, connect_seconds=0.6)
    with (
        sender(data, chunk=20 * 188, repeat=False) as url,
        reading(url, settings, backoff=ONE_ATTEMPT) as engine,
    ):
        engine.until(CameraState.RECONNECTING)
    assert engine.states == ["connecting", "live", "stalled", "reconnecting", "ended"]
