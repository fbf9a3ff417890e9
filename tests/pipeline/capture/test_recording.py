"""The reader of a recording delivers what is wanted, ends with a reason, and stops at once when asked."""

import errno
import os
import random
import threading
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from pipeline.capture.mailbox import Mailbox
from pipeline.capture.recording import RecordingReader, estimate_seconds
from pipeline.capture.sources import Source, SourceKind, parse_source
from pipeline.capture.video_file import RecordedFrame, Recording, VideoFile
from pipeline.settings.types import CameraDefaults
from pipeline.types import CameraReport, CameraState, Frame
from tests.synthetic.video import move_index_first, number_of, numbered, write_clip, write_rotated_clip, write_sound

ALL = CameraDefaults()


def play(recording: Path | Source, settings: CameraDefaults = ALL) -> tuple[list[Frame], list[CameraReport]]:
    """Read a recording to its end as the engine does."""
    source = recording if isinstance(recording, Source) else parse_source(str(recording), name="clip")[0]
    mailbox = Mailbox()
    mailbox.register(source.name, live=False)
    reader = RecordingReader(source, mailbox, settings)
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
def test_settings_choose_frames_and_leave_their_numbers(
    clip: Path, settings: CameraDefaults, wanted: list[int]
) -> None:
    frames, _ = play(clip, settings)
    assert [frame.index for frame in frames] == wanted
    assert [number_of(frame.image) for frame in frames] == wanted


def test_start_beyond_the_end(clip: Path) -> None:
    frames, reports = play(clip, CameraDefaults(start=99))
    assert frames == []
    assert (reports[-1].state, reports[-1].reason) == (CameraState.ENDED, "no frames after 99 s")


def test_size_of_a_rotated_video_is_that_of_its_upright_images(tmp_path: Path) -> None:
    frames, reports = play(write_rotated_clip(tmp_path / "phone.mp4", np.zeros((48, 64, 3), np.uint8), 90))
    assert frames[0].image.shape == (64, 48, 3)
    assert (reports[1].width, reports[1].height) == (48, 64)


def test_estimated_seconds(clip: Path, tmp_path: Path) -> None:
    source = parse_source(str(clip))[0]
    assert estimate_seconds(source, ALL) == pytest.approx(5, abs=0.1)
    assert estimate_seconds(source, CameraDefaults(start=1, end=3)) == pytest.approx(2)
    assert estimate_seconds(source, CameraDefaults(start=99)) == 0
    junk = tmp_path / "junk.mp4"
    junk.write_bytes(b"junk")
    assert estimate_seconds(parse_source(str(junk))[0], ALL) is None
    assert estimate_seconds(parse_source("rtsp://h/x")[0], ALL) is None


def test_a_pipe_is_read_once_its_writer_is_there(tmp_path: Path) -> None:
    data = write_clip(tmp_path / "clip.ts", numbered(12), fps=12).read_bytes()
    os.mkfifo(pipe := tmp_path / "pipe.ts")
    assert estimate_seconds(parse_source(str(pipe))[0], ALL) is None
    writer = threading.Thread(target=pipe.write_bytes, args=(data,))
    writer.start()
    frames, _ = play(pipe)
    writer.join(5)
    assert [number_of(frame.image) for frame in frames] == list(range(12))


def test_damage_is_the_reason_of_the_end(clip: Path, tmp_path: Path) -> None:
    path = move_index_first(clip, tmp_path / "cut.mp4")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    frames, reports = play(path)
    assert 20 < len(frames) < 50
    assert reports[-1].state is CameraState.ENDED
    assert "the file is truncated" in reports[-1].reason


def test_files_that_are_no_video(tmp_path: Path) -> None:
    (tmp_path / "garbage.mp4").write_bytes(random.Random(1).randbytes(20_000))
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("just some words\n" * 100)
    write_sound(tmp_path / "sound.mp4")
    index_last = write_clip(tmp_path / "whole.mp4", numbered(30)).read_bytes()
    (tmp_path / "headless.mp4").write_bytes(index_last[: len(index_last) // 2])
    for name in ("garbage", "empty", "text", "sound", "headless"):
        frames, reports = play(tmp_path / f"{name}.mp4")
        assert frames == []
        assert states(reports) == ["connecting", "failed"]
        assert reports[-1].reason.startswith("not a video"), name
        assert str(tmp_path) not in reports[-1].reason
    assert play(tmp_path / "sound.mp4")[1][-1].reason == "not a video: audio only"


def test_missing_file(tmp_path: Path) -> None:
    _, reports = play(Source("gone", str(tmp_path / "gone.mp4"), SourceKind.VIDEO))
    assert (reports[-1].state, reports[-1].reason) == (CameraState.FAILED, "no such file")


def test_new_size_in_a_folder_of_images_is_reported(tmp_path: Path) -> None:
    for index, size in ((1, (64, 48)), (2, (64, 48)), (10, (32, 16))):
        cv2.imwrite(str(tmp_path / f"{index}.png"), numbered(1, size=size)[0])
    (tmp_path / "3.jpg").write_bytes(b"not an image")
    frames, reports = play(tmp_path)
    assert [frame.index for frame in frames] == [0, 1, 3]
    sizes = [(report.width, report.height) for report in reports if report.state is CameraState.LIVE]
    assert sizes == [(64, 48), (32, 16)]
    assert reports[-1].reason == "1 unreadable image skipped"


def test_folder_without_a_readable_image(tmp_path: Path) -> None:
    (tmp_path / "3.jpg").write_bytes(b"not an image")
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


def test_stopping_a_reader_before_it_has_reached_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
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

    monkeypatch.setattr("pipeline.capture.recording.open_recording", lambda source, aspect: Endless())
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


def test_a_disk_that_fails_is_no_host_name(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = VideoFile.frames

    def fail_after_ten(file: VideoFile) -> Iterator[RecordedFrame]:
        yield from islice(read(file), 10)
        raise av.error.OSError(errno.EIO, "Input/output error", "secret")

    monkeypatch.setattr(VideoFile, "frames", fail_after_ten)
    frames, reports = play(clip)
    assert len(frames) == 10
    assert reports[-1].reason == "reading broke off at 0.8 s: the disk cannot read it"
