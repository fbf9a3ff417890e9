"""Recordings: every frame, numbered and timed, the same in each run; and what is said of the ones that are broken."""

import random
import shutil
import threading
from collections.abc import Iterator
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from pipeline.capture.live import LiveReader
from pipeline.capture.mailbox import Mailbox
from pipeline.capture.open import open_reader
from pipeline.capture.recording import RecordingReader, estimate_seconds
from pipeline.capture.sources import Source, SourceKind, parse_source
from pipeline.capture.video_file import RecordedFrame, Recording
from pipeline.settings.types import CameraDefaults
from pipeline.types import CameraReport, CameraState, Frame
from tests.synthetic.video import number_of, numbered, write_clip

ALL = CameraDefaults()


def play(place: Path | Source, settings: CameraDefaults = ALL) -> tuple[list[Frame], list[CameraReport]]:
    """Read a recording to its end as the engine does."""
    source = place if isinstance(place, Source) else parse_source(str(place), name="clip")[0]
    mailbox = Mailbox()
    mailbox.register(source.name, live=source.live)
    reader = open_reader(source, mailbox, settings)
    reader.start()
    items: list[Frame | CameraReport] = []
    while mailbox.open:
        items += mailbox.take(10)
    reader.join(5)
    assert not reader.is_alive()
    frames = [item for item in items if isinstance(item, Frame)]
    reports = [item for item in items if isinstance(item, CameraReport)]
    assert reports[-1].final
    assert mailbox.dropped(source.name) == 0
    return frames, reports


def states(reports: list[CameraReport]) -> list[str]:
    return [report.state.value for report in reports]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", numbered(60), fps=12)


def test_every_frame_in_order(clip: Path) -> None:
    frames, reports = play(clip)
    assert [number_of(frame.image) for frame in frames] == list(range(60))
    assert [frame.index for frame in frames] == list(range(60))
    assert [frame.media_time for frame in frames] == pytest.approx([index / 12 for index in range(60)], abs=1e-4)
    assert all(frame.image.flags.c_contiguous and not frame.image.flags.writeable for frame in frames)
    assert states(reports) == ["connecting", "live", "ended"]
    assert (reports[1].width, reports[1].height) == (64, 48)
    assert reports[-1].reason == ""


def test_twice_is_the_same(clip: Path) -> None:
    first, second = play(clip)[0], play(clip)[0]
    assert all(np.array_equal(a.image, b.image) for a, b in zip(first, second, strict=True))
    assert [frame.media_time for frame in first] == [frame.media_time for frame in second]


def test_colours_are_bgr(tmp_path: Path) -> None:
    blue = np.full((32, 32, 3), (255, 0, 0), np.uint8)
    (frame, *_), _ = play(write_clip(tmp_path / "blue.mp4", [blue] * 3))
    assert np.abs(frame.image[16, 16].astype(int) - (255, 0, 0)).max() < 12


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        (CameraDefaults(stride=25), [0, 25, 50]),
        (CameraDefaults(fps=1), [0, 12, 24, 36, 48]),
        (CameraDefaults(start=2, end=2.5), list(range(24, 30))),
        (CameraDefaults(start=1.01, fps=1), [24, 36, 48]),
        (CameraDefaults(start=4.8), [58, 59]),
    ],
)
def test_only_what_is_asked_for_with_unchanged_numbers(clip: Path, settings: CameraDefaults, wanted: list[int]) -> None:
    frames, _ = play(clip, settings)
    assert [frame.index for frame in frames] == wanted
    assert [number_of(frame.image) for frame in frames] == wanted


def test_start_beyond_the_end(clip: Path) -> None:
    frames, reports = play(clip, CameraDefaults(start=99))
    assert frames == []
    assert (reports[-1].state, reports[-1].reason) == (CameraState.ENDED, "no frames after 99 s")


def test_estimates(clip: Path, tmp_path: Path) -> None:
    source = parse_source(str(clip))[0]
    assert estimate_seconds(source, ALL) == pytest.approx(5, abs=0.1)
    assert estimate_seconds(source, CameraDefaults(start=1, end=3)) == pytest.approx(2)
    junk = tmp_path / "junk.mp4"
    junk.write_bytes(b"junk")
    assert estimate_seconds(parse_source(str(junk))[0], ALL) is None
    assert estimate_seconds(parse_source("rtsp://h/x")[0], ALL) is None


def test_variable_rate(tmp_path: Path) -> None:
    times = [0, 0.1, 0.15, 0.9, 1.0, 7.0]
    frames, _ = play(write_clip(tmp_path / "vfr.mp4", numbered(6), times=times))
    assert [frame.media_time for frame in frames] == pytest.approx(times, abs=1e-3)


def test_missing_stamps(tmp_path: Path) -> None:
    raw = write_clip(tmp_path / "raw.h264", numbered(30), fps=12)
    frames, reports = play(raw)
    assert [number_of(frame.image) for frame in frames] == list(range(30))
    assert all(a.media_time < b.media_time for a, b in pairwise(frames))
    assert reports[-1].reason == ""


@pytest.mark.parametrize(("degrees", "turns"), [(90, 1), (180, 2), (-90, 3)])
def test_phone_videos_come_upright(tmp_path: Path, degrees: int, turns: int) -> None:
    scene = np.zeros((48, 64, 3), np.uint8)
    scene[:24, :32] = 255
    path = _rotated(tmp_path / "phone.mp4", scene, degrees)
    frames, reports = play(path)
    upright = np.rot90(scene, turns)
    assert frames[0].image.shape == upright.shape
    assert np.abs(frames[0].image.astype(int) - upright).mean() < 8
    assert frames[0].image.flags.c_contiguous
    assert (reports[1].height, reports[1].width) == upright.shape[:2]


@pytest.mark.parametrize(
    ("suffix", "codec", "pix_fmt"),
    [
        ("mp4", "libx265", "yuv420p10le"),
        ("mkv", "ffv1", "gray"),
        ("mkv", "ffv1", "yuv444p"),
        ("avi", "mjpeg", "yuvj422p"),
        ("webm", "libvpx-vp9", "yuv420p"),
        ("mkv", "ffv1", "bgr0"),
    ],
)
def test_other_codecs_and_pixel_formats(tmp_path: Path, suffix: str, codec: str, pix_fmt: str) -> None:
    options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    frames, reports = play(
        write_clip(tmp_path / f"clip.{suffix}", numbered(8), codec=codec, pix_fmt=pix_fmt, **options)
    )
    assert [number_of(frame.image) for frame in frames] == list(range(8))
    assert states(reports) == ["connecting", "live", "ended"]


def test_odd_sizes(tmp_path: Path) -> None:
    frames, _ = play(write_clip(tmp_path / "odd.mkv", numbered(3, size=(65, 47)), codec="ffv1", pix_fmt="yuv444p"))
    assert frames[0].image.shape == (47, 65, 3)


def test_b_frames_come_in_order(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "b.mp4", numbered(40), tune="fastdecode", preset="medium", bf="3")
    frames, _ = play(path)
    assert [number_of(frame.image) for frame in frames] == list(range(40))


def test_cut_off_file_gives_what_is_there(clip: Path, tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "index-first.mp4", numbered(60), fps=12)
    path = _index_first(whole, tmp_path / "cut.mp4")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    frames, reports = play(path)
    assert 20 < len(frames) < 50
    assert [number_of(frame.image) for frame in frames] == list(range(len(frames)))
    assert reports[-1].state is CameraState.ENDED
    assert "the file is truncated" in reports[-1].reason
    assert "of 60 frames found" in reports[-1].reason


def test_broken_frames_are_left_out_and_counted(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (40, 48, 64, 3), np.uint8)
    data = bytearray(write_clip(tmp_path / "whole.mp4", noise, fps=12).read_bytes())
    dice = random.Random(1)
    for _ in range(6):
        at = dice.randrange(len(data) // 4, len(data) // 2)
        data[at : at + 40] = dice.randbytes(40)
    path = tmp_path / "broken.mp4"
    path.write_bytes(data)
    (frames, reports), again = play(path), play(path)
    assert 0 < len(frames) < 40
    assert reports[-1].state is CameraState.ENDED
    assert f"{40 - len(frames)} broken frames skipped" in reports[-1].reason
    assert all(np.array_equal(a.image, b.image) for a, b in zip(frames, again[0], strict=True))
    assert reports[-1].reason == again[1][-1].reason


def test_files_that_are_no_video(tmp_path: Path) -> None:
    (tmp_path / "garbage.mp4").write_bytes(random.Random(1).randbytes(20_000))
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("just some words\n" * 100)
    _sound(tmp_path / "sound.mp4")
    index_last = write_clip(tmp_path / "whole.mp4", numbered(30)).read_bytes()
    (tmp_path / "headless.mp4").write_bytes(index_last[: len(index_last) // 2])
    for name in ("garbage", "empty", "text", "sound", "headless"):
        frames, reports = play(tmp_path / f"{name}.mp4")
        assert frames == []
        assert states(reports) == ["connecting", "failed"]
        assert reports[-1].reason.startswith("not a video"), name
        assert str(tmp_path) not in reports[-1].reason
    assert play(tmp_path / "sound.mp4")[1][-1].reason == "not a video: audio only"


def test_a_file_that_went_away(tmp_path: Path) -> None:
    _, reports = play(Source("gone", str(tmp_path / "gone.mp4"), SourceKind.VIDEO))
    assert (reports[-1].state, reports[-1].reason) == (CameraState.FAILED, "no such file")


def test_a_folder_of_pictures(tmp_path: Path) -> None:
    for index, size in ((1, (64, 48)), (2, (64, 48)), (10, (32, 16))):
        cv2.imwrite(str(tmp_path / f"{index}.png"), numbered(11, size=size)[index])
    (tmp_path / "3.jpg").write_bytes(b"not a picture")
    (tmp_path / "4.jpg").touch()
    frames, reports = play(tmp_path)
    assert [number_of(frame.image) for frame in frames] == [1, 2, 10]
    assert [frame.index for frame in frames] == [0, 1, 4]
    assert [frame.media_time for frame in frames] == [0, 0.1, 0.4]
    assert not frames[0].image.flags.writeable
    assert [(report.width, report.height) for report in reports if report.state is CameraState.LIVE] == [
        (64, 48),
        (32, 16),
    ]
    assert reports[-1].reason == "2 unreadable images skipped"
    assert estimate_seconds(parse_source(str(tmp_path))[0], ALL) == 0.5


def test_a_folder_of_nothing_readable(tmp_path: Path) -> None:
    (tmp_path / "3.jpg").write_bytes(b"not a picture")
    _, reports = play(tmp_path)
    assert reports[-1].state is CameraState.FAILED
    assert reports[-1].reason == "no frame could be read: 1 unreadable image skipped"


@pytest.mark.parametrize("stop", ["stop", "close"])
def test_stopping_a_reader_that_waits_for_room(clip: Path, stop: str) -> None:
    mailbox = Mailbox(max_frames=1)
    mailbox.register("clip", live=False)
    reader = RecordingReader(parse_source(str(clip), name="clip")[0], mailbox, ALL)
    reader.start()
    while not mailbox._changed._waiters:
        pass
    reader.stop() if stop == "stop" else mailbox.close()
    reader.join(5)
    assert not reader.is_alive()
    last = [item for item in mailbox.take(0) if isinstance(item, CameraReport)][-1]
    assert (last.state, last.reason, last.final) == (CameraState.ENDED, "stopped", True)


def test_stopping_a_reader_that_is_on_its_way_to_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    reading = threading.Event()

    class Endless(Recording):
        def frames(self) -> Iterator[RecordedFrame]:
            for index in count():
                reading.set()
                yield RecordedFrame(index, 0.0, lambda: None)

        def describe_damage(self) -> str:
            return ""

        def close(self) -> None:
            pass

    monkeypatch.setattr("pipeline.capture.recording.open_recording", lambda source: Endless())
    mailbox = Mailbox()
    mailbox.register("clip", live=False)
    reader = RecordingReader(Source("clip", "clip.mp4", SourceKind.VIDEO), mailbox, CameraDefaults(start=3600))
    reader.start()
    assert reading.wait(5)
    reader.stop()
    reader.join(5)
    assert not reader.is_alive()
    last = [item for item in mailbox.take(0) if isinstance(item, CameraReport)][-1]
    assert (last.state, last.reason) == (CameraState.ENDED, "stopped")


def test_names_that_look_like_protocols(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(clip, tmp_path / "2026-11-22T10:30.mp4")
    monkeypatch.chdir(tmp_path)
    assert len(play(Path("2026-11-22T10:30.mp4"))[0]) == 60


def test_open_reader_tells_cameras_from_recordings(clip: Path) -> None:
    mailbox = Mailbox()
    assert isinstance(open_reader(parse_source("rtsp://h/x")[0], mailbox, ALL), LiveReader)
    assert isinstance(open_reader(parse_source("0")[0], mailbox, ALL), LiveReader)
    assert isinstance(open_reader(parse_source(str(clip))[0], mailbox, ALL), RecordingReader)


def _rotated(path: Path, scene: Any, degrees: int) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=12, options={"crf": "10"})
        stream.height, stream.width = scene.shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.set_display_rotation(degrees)
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(scene, format="bgr24")))
        container.mux(stream.encode())
    return path


def _index_first(source: Path, path: Path) -> Path:
    with av.open(str(source)) as given, av.open(str(path), "w", options={"movflags": "faststart"}) as made:
        stream = made.add_stream_from_template(given.streams.video[0])
        for packet in given.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                made.mux(packet)
    return path


def _sound(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16_000, layout="mono")
        for _ in range(4):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate = 16_000
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
