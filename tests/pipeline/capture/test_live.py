"""A live reader survives killed, frozen, silent and refusing cameras: a real RTSP server in another process."""

import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from pipeline.capture import pixels
from pipeline.capture.live import Backoff, LiveReader
from pipeline.capture.mailbox import Mailbox
from pipeline.capture.sources import Source, SourceKind, parse_source
from pipeline.capture.stream import Failure
from pipeline.settings.types import CameraDefaults
from pipeline.types import CameraReport, CameraState, Frame
from tests.synthetic.rtsp import RtspServer, rtsp_server
from tests.synthetic.video import number_of, numbered, write_clip

FPS = 48
SHORT_BACKOFF = Backoff(initial_seconds=0.05, max_seconds=0.2, persistent_seconds=0.3)
SHORT_LIMITS = CameraDefaults(stall_seconds=0.4, connect_seconds=1.0)
PASSWORD = "s3cr3t@:/x"
MAX_STOP_SECONDS = 2.0


class FakeEngine:
    """Takes everything from the mailbox and keeps it."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox
        self.frames: list[Frame] = []
        self.reports: list[CameraReport] = []

    @property
    def states(self) -> list[str]:
        return [report.state.value for report in self.reports]

    def until(self, wanted: CameraState | int, *, seconds: float = 12) -> CameraReport | Frame:
        """Take until a report of this state, or this many frames, arrive."""
        end = time.monotonic() + seconds
        frames = 0
        while time.monotonic() < end:
            for item in self.mailbox.take(0.1):
                if isinstance(item, Frame):
                    self.frames.append(item)
                    frames += 1
                else:
                    self.reports.append(item)
                    if item.state is wanted:
                        return item
            if frames and frames == wanted:
                return self.frames[-1]
        raise AssertionError(f"no {wanted!r} within {seconds} s; got {self.states} and {frames} frames")


@contextmanager
def reading(
    source: str | Source, settings: CameraDefaults = SHORT_LIMITS, *, backoff: Backoff = SHORT_BACKOFF
) -> Iterator[FakeEngine]:
    """Run a reader; check that it stops promptly, ends with the final report, and leaves no thread."""
    if isinstance(source, str):
        source = parse_source(source, name="cam")[0]
    # Keeps every frame, unlike that of a live camera, so that no test depends on how soon its thread takes one.
    mailbox = Mailbox(max_frames=1000)
    mailbox.register("cam", live=False)
    reader = LiveReader(source, mailbox, settings, backoff=backoff)
    engine = FakeEngine(mailbox)
    reader.start()
    try:
        yield engine
    finally:
        began = time.monotonic()
        reader.stop()
        reader.join(10)
        took = time.monotonic() - began
    assert not reader.is_alive()
    assert took < MAX_STOP_SECONDS
    last = engine.until(CameraState.ENDED)
    assert isinstance(last, CameraReport)
    assert last.final
    assert not mailbox.open
    names = [thread.name for thread in threading.enumerate()]
    assert not [name for name in names if name.startswith(("read ", "watch "))]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / "cam.mp4", numbered(48), fps=FPS)


@pytest.fixture(scope="module")
def camera(clip: Path) -> Iterator[RtspServer]:
    """A camera with a password that all tests share, so none may disturb it; its clock is 1000 s ahead."""
    with rtsp_server({"cam": clip}, user="u", password=PASSWORD, camera_clock=1000) as server:
        yield server


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / "wide.mp4", numbered(48, size=(128, 64)), fps=FPS)


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port where the kernel accepts connections and nobody answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed_port() -> int:
    """A port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def media_times_grow(frames: list[Frame]) -> bool:
    times = [frame.media_time for frame in frames]
    return all(a < b for a, b in pairwise(times))


def test_a_camera_that_knows_no_keep_alive_is_kept(clip: Path) -> None:
    """FFmpeg asks for a parameter after half the time-out of the session, and this camera answers 501."""
    with rtsp_server({"cam": clip}, session="1;timeout=2", without=["GET_PARAMETER"]) as server:
        with reading(server.url("cam")) as engine:
            engine.until(FPS * 2)
    assert engine.states == ["connecting", "live", "ended"]
    assert [number_of(frame.image) for frame in engine.frames] == [frame.index % 48 for frame in engine.frames]


def test_frames_come_soon_and_are_what_was_sent(camera: RtspServer) -> None:
    began = time.monotonic()
    with reading(camera.url("cam")) as engine:
        engine.until(1)
        sys.stdout.write(f"first frame after {time.monotonic() - began:.3f} s\n")
        engine.until(8)
    assert engine.states[:2] == ["connecting", "live"]
    assert (engine.reports[1].width, engine.reports[1].height) == (64, 48)
    first = engine.frames[0]
    assert first.index == 0
    assert number_of(first.image) == 0, "the first key frame must not be lost to probing"
    assert first.media_time == 0
    assert [number_of(frame.image) for frame in engine.frames] == [frame.index % 48 for frame in engine.frames]
    assert first.image.shape == (48, 64, 3)
    assert not first.image.flags.writeable
    assert media_times_grow(engine.frames)
    assert abs(first.wall_time - time.time()) < 60
    second, last = engine.frames[1], engine.frames[-1]
    assert (last.media_time - second.media_time) / (last.index - second.index) == pytest.approx(1 / FPS, abs=1e-4)


def test_capture_time_is_the_cameras_clock(camera: RtspServer) -> None:
    with reading(camera.url("cam")) as engine:
        engine.until(6)
    known = [frame.capture_time - frame.wall_time for frame in engine.frames if frame.capture_time is not None]
    assert len(known) >= 4
    assert all(998 < ahead < 1000 for ahead in known), "taken a little before it arrived, by a clock 1000 s ahead"


def test_capture_time_is_none_without_sender_reports(clip: Path) -> None:
    with rtsp_server({"cam": clip}, reports=False) as server, reading(server.url("cam")) as engine:
        engine.until(5)
    assert [frame.capture_time for frame in engine.frames] == [None] * len(engine.frames)


@pytest.mark.slow
def test_killed_server_comes_back(clip: Path) -> None:
    with rtsp_server({"cam": clip}) as server, reading(server.url("cam")) as engine:
        engine.until(5)
        server.kill()
        gone = engine.until(CameraState.RECONNECTING)
        server.start()
        engine.until(CameraState.LIVE)
        engine.until(5)
    assert isinstance(gone, CameraReport)
    assert gone.reason in ("the camera ended the stream", "connection lost")
    assert media_times_grow(engine.frames)
    indices = [frame.index for frame in engine.frames]
    assert indices == sorted(set(indices))


def test_dropped_connection_reconnects(clip: Path) -> None:
    with rtsp_server({"cam": clip}) as server, reading(server.url("cam")) as engine:
        engine.until(3)
        server.command("drop")
        engine.until(CameraState.RECONNECTING)
        engine.until(CameraState.LIVE)
        engine.until(3)
    assert media_times_grow(engine.frames)


@pytest.mark.slow
def test_frozen_server_stalls_and_thaws(clip: Path) -> None:
    with rtsp_server({"cam": clip}) as server, reading(server.url("cam"), CameraDefaults(stall_seconds=0.5)) as engine:
        engine.until(5)
        server.freeze()
        stalled = engine.until(CameraState.STALLED)
        server.thaw()
        engine.until(CameraState.LIVE)
        engine.until(5)
    assert isinstance(stalled, CameraReport)
    assert stalled.reason == "no frame for 0.5 s"
    assert media_times_grow(engine.frames)


@pytest.mark.slow
def test_reader_reconnects_to_a_server_frozen_for_long(clip: Path) -> None:
    with rtsp_server({"cam": clip}) as server, reading(server.url("cam")) as engine:
        engine.until(5)
        server.freeze()
        engine.until(CameraState.STALLED)
        gone = engine.until(CameraState.RECONNECTING)
        server.thaw()
        engine.until(CameraState.LIVE)
        engine.until(3)
    assert isinstance(gone, CameraReport)
    assert gone.reason == "no frame for 0.8 s"
    assert media_times_grow(engine.frames)


def test_stop_while_frozen(clip: Path) -> None:
    settings = CameraDefaults(stall_seconds=30, connect_seconds=30)
    with rtsp_server({"cam": clip}) as server, reading(server.url("cam"), settings) as engine:
        engine.until(3)
        server.freeze()


def test_wrong_password_fails_without_showing_it(
    camera: RtspServer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    with reading(camera.url("cam", password="s3cr3t"), backoff=Backoff(persistent_seconds=60)) as engine:
        failed = engine.until(CameraState.FAILED)
    assert isinstance(failed, CameraReport)
    assert failed.reason == "wrong user or password"
    assert not failed.final
    output = repr(engine.reports) + caplog.text + "".join(capfd.readouterr())
    assert "s3cr3t" not in output


@pytest.mark.slow
def test_a_corrected_password_is_noticed(clip: Path) -> None:
    with rtsp_server({"cam": clip}, user="u", password="old") as server:
        with reading(server.url("cam", password="new")) as engine:
            engine.until(CameraState.FAILED)
            server.kill()
            server.config["password"] = "new"
            server.start()
            engine.until(CameraState.LIVE)


def test_no_such_stream(camera: RtspServer) -> None:
    with reading(camera.url("nope")) as engine:
        failed = engine.until(CameraState.FAILED)
    assert isinstance(failed, CameraReport)
    assert failed.reason == "no such stream"


def test_server_that_never_answers(silent_port: int) -> None:
    with reading(f"rtsp://u:{PASSWORD}@127.0.0.1:{silent_port}/x", CameraDefaults(connect_seconds=0.2)) as engine:
        lost = engine.until(CameraState.RECONNECTING)
    assert isinstance(lost, CameraReport)
    assert lost.reason == "no answer within 0.2 s"


def test_stop_while_connecting(silent_port: int) -> None:
    with reading(f"rtsp://127.0.0.1:{silent_port}/x", CameraDefaults(connect_seconds=60)) as engine:
        engine.until(CameraState.CONNECTING)


def test_camera_without_tcp(clip: Path) -> None:
    with rtsp_server({"cam": clip}, udp_only=True) as server, reading(server.url("cam")) as engine:
        failed = engine.until(CameraState.FAILED)
    assert isinstance(failed, CameraReport)
    assert failed.reason == "the camera does not support RTP over TCP"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "reason"), [("silent", "no answer within 1 s"), ("mute", "connected, but no frame within 1 s")]
)
def test_servers_that_send_no_answer_or_no_frame(clip: Path, mode: str, reason: str) -> None:
    with rtsp_server({"cam": clip}, **{mode: True}) as server, reading(server.url("cam")) as engine:
        lost = engine.until(CameraState.RECONNECTING)
    assert isinstance(lost, CameraReport)
    assert lost.reason == reason


class CountingBackoff(Backoff):
    """Sets an event when the third attempt has failed."""

    third = threading.Event()

    def delay(self, attempt: int, failure: Failure) -> float:
        if attempt == 3:
            self.third.set()
        return 0.01


def test_connection_refused(closed_port: int) -> None:
    with reading(f"rtsp://127.0.0.1:{closed_port}/x", backoff=CountingBackoff()) as engine:
        lost = engine.until(CameraState.RECONNECTING)
        assert CountingBackoff.third.wait(5)
        assert engine.mailbox.take(0) == [], "one report per change, not per attempt"
    assert isinstance(lost, CameraReport)
    assert lost.reason == "connection refused"


def test_stop_while_waiting_to_reconnect(closed_port: int) -> None:
    with reading(f"rtsp://127.0.0.1:{closed_port}/x", backoff=Backoff(initial_seconds=60)) as engine:
        engine.until(CameraState.RECONNECTING)


def test_resolution_change_is_reported(clip: Path, wide: Path) -> None:
    with rtsp_server({"cam": [clip, wide]}) as server, reading(server.url("cam")) as engine:
        engine.until(5)
        server.command("next")
        changed = engine.until(CameraState.LIVE)
        frame = engine.until(1)
    assert isinstance(changed, CameraReport)
    assert isinstance(frame, Frame)
    assert (changed.width, changed.height) == (128, 64)
    assert changed.reason == "size was 64x48"
    assert frame.image.shape == (64, 128, 3)
    assert media_times_grow(engine.frames)


def test_a_stream_joined_between_key_frames_starts_clean(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "cam.mp4", numbered(48), fps=24)  # a key frame every 24 frames
    with rtsp_server({"cam": clip}, skip=18) as server, reading(server.url("cam")) as engine:
        first = engine.until(1)
    assert isinstance(first, Frame)
    assert number_of(first.image) == 24, "the next key frame, not a grey picture before it"
    assert first.index == 0


def test_frames_of_many_slices_are_whole(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "slices.mp4", numbered(48, size=(64, 128)), fps=FPS, slices="4")
    with rtsp_server({"cam": clip}) as server, reading(server.url("cam")) as engine:
        engine.until(12)
    for frame in engine.frames:
        rows = frame.image[8::16]
        assert {number_of(row[None]) for row in rows} == {frame.index % 48}, "no slice of another picture, none missing"


def test_corrupt_frames_are_skipped(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (24, 48, 64, 3), np.uint8)
    clip = write_clip(tmp_path / "noise.mp4", noise, fps=FPS)
    with rtsp_server({"cam": clip}, spoil=4) as server, reading(server.url("cam"), CameraDefaults()) as engine:
        engine.until(12)
    assert set(engine.states) == {"connecting", "live", "ended"}
    following = [(a, b) for a, b in pairwise(engine.frames[1:]) if b.index == a.index + 1]
    steps = {round((b.media_time - a.media_time) * FPS) for a, b in following}
    assert steps == {1, 2}, "one picture in four is missing, the rest is there"


def test_only_wanted_frames_are_delivered(camera: RtspServer) -> None:
    with reading(camera.url("cam"), CameraDefaults(stride=6)) as engine:
        engine.until(4)
    assert [frame.index for frame in engine.frames[:4]] == [0, 6, 12, 18]


def test_a_format_that_cannot_be_converted_is_the_cameras_failure(
    camera: RtspServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(frame: av.VideoFrame, pixel_aspect: float) -> None:
        raise ValueError("no conversion from this format")

    monkeypatch.setattr(pixels, "to_bgr", fail)
    with reading(camera.url("cam")) as engine:
        report = engine.until(CameraState.RECONNECTING)
    assert isinstance(report, CameraReport)
    assert "no conversion from this format" in report.reason


def test_missing_webcam_is_tried_again() -> None:
    with reading(Source("cam", "/dev/video977", SourceKind.WEBCAM)) as engine:
        lost = engine.until(CameraState.RECONNECTING)
    assert isinstance(lost, CameraReport)
    assert lost.reason == "no such device"


@pytest.mark.slow
def test_nothing_leaks_over_many_connections(camera: RtspServer) -> None:
    def connect() -> None:
        with reading(camera.url("cam")) as engine:
            engine.until(1)

    connect()
    before = _count_descriptors_and_threads()
    for _ in range(20):
        connect()
    after = _count_descriptors_and_threads()
    # A leak of one a connection would show as 20; what an earlier test is still closing may make a difference of one.
    assert after[0] <= before[0] + 2
    assert after[1] <= before[1] + 2


def test_backoff_doubles_up_to_its_limit() -> None:
    backoff = Backoff(initial_seconds=0.5, max_seconds=30, jitter=0)
    delays = [backoff.delay(attempt, Failure("")) for attempt in (0, 1, 2, 5, 6, 10_000)]
    assert delays == [0.5, 1, 2, 16, 30, 30]
    assert backoff.delay(0, Failure("", persistent=True)) == 60
    varied = {Backoff(jitter=0.2).delay(0, Failure("")) for _ in range(50)}
    assert len(varied) > 40
    assert 0.4 <= min(varied) <= max(varied) <= 0.6


def _count_descriptors_and_threads() -> tuple[int, int]:
    """Of this process, including the threads of FFmpeg."""
    return len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))
