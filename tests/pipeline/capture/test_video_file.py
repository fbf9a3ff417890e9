"""Recordings: every frame that decodes, numbered and timed alike on every run, and what is said about damaged ones."""

import random
import re
import shutil
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from detectors.arrays import Image
from pipeline.capture.sources import Source, SourceKind, parse_source
from pipeline.capture.video_file import ImageFolder, NotARecordingError, VideoFile, open_recording
from tests.synthetic.video import move_index_first, number_of, numbered, write_clip, write_sound


@dataclass
class Played:
    """All readable frames of a recording."""

    images: list[Image]
    indices: list[int]
    times: list[float]
    damage: str
    seconds: float | None

    @property
    def numbers(self) -> list[int]:
        return [number_of(image) for image in self.images]


def play(path: Path) -> Played:
    recording = open_recording(parse_source(str(path))[0])
    seconds = recording.duration_seconds()
    read = [(frame.index, frame.media_time, frame.read_image()) for frame in recording.frames()]
    readable = [(index, time, image) for index, time, image in read if image is not None]
    damage = recording.describe_damage()
    recording.close()
    indices, times, images = (list(column) for column in zip(*readable, strict=True)) if readable else ([], [], [])
    return Played(images, indices, times, damage, seconds)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", numbered(60), fps=12)


def test_frames_come_in_order_with_their_times(clip: Path) -> None:
    played = play(clip)
    assert played.numbers == played.indices == list(range(60))
    assert played.times == pytest.approx([index / 12 for index in range(60)], abs=1e-4)
    assert played.seconds == pytest.approx(5, abs=0.1)
    assert played.damage == ""


def test_two_runs_are_identical(clip: Path) -> None:
    first, second = play(clip), play(clip)
    assert first.times == second.times
    assert all(np.array_equal(one, other) for one, other in zip(first.images, second.images, strict=True))


def test_variable_frame_rate_keeps_its_times(tmp_path: Path) -> None:
    times = [0, 0.1, 0.15, 0.9, 1.0, 7.0]
    assert play(write_clip(tmp_path / "vfr.mp4", numbered(6), times=times)).times == pytest.approx(times, abs=1e-3)


def test_missing_timestamps_follow_the_frame_rate(tmp_path: Path) -> None:
    played = play(write_clip(tmp_path / "raw.h264", numbered(30), fps=12))
    assert played.numbers == list(range(30))
    assert all(earlier < later for earlier, later in pairwise(played.times))
    assert played.damage == ""


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
    options: dict[str, Any] = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    played = play(write_clip(tmp_path / f"clip.{suffix}", numbered(8), codec=codec, pix_fmt=pix_fmt, **options))
    assert played.numbers == list(range(8))


def test_odd_sizes(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "odd.mkv", numbered(3, size=(65, 47)), codec="ffv1", pix_fmt="yuv444p")
    assert [image.shape for image in play(path).images] == 3 * [(47, 65, 3)]


def test_b_frames_come_in_order(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "b.mp4", numbered(40), tune="fastdecode", preset="medium", bf="3")
    assert play(path).numbers == list(range(40))


def test_truncated_file_gives_what_is_there(clip: Path, tmp_path: Path) -> None:
    path = move_index_first(clip, tmp_path / "cut.mp4")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    played = play(path)
    assert 20 < len(played.images) < 50
    assert played.numbers == list(range(len(played.images)))
    assert "the file is truncated" in played.damage
    assert "of 60 frames found" in played.damage


@pytest.mark.parametrize("suffix", ["mp4", "mov"])
@pytest.mark.parametrize("bframes", ["0", "3"])
def test_frames_that_an_edit_list_hides_are_not_missing(tmp_path: Path, suffix: str, bframes: str) -> None:
    options: dict[str, Any] = {"preset": "medium", "tune": "fastdecode", "bf": bframes}
    times = [index / 12 - 2 for index in range(60)]
    played = play(write_clip(tmp_path / f"cut.{suffix}", numbered(60), times=times, **options))
    assert played.numbers == list(range(24, 60))
    assert played.times == pytest.approx([index / 12 for index in range(36)], abs=1e-3)
    assert played.damage == ""


@pytest.mark.parametrize("codecs", [("libx264", "libx265"), ("libx265", "libx264")])
def test_a_codec_that_changes_is_told_and_ends_nothing(tmp_path: Path, codecs: tuple[str, str]) -> None:
    quiet: dict[str, dict[str, Any]] = {"libx265": {"x265-params": "log-level=none"}}
    clips = [
        write_clip(tmp_path / f"{codec}.ts", numbered(24), codec=codec, **quiet.get(codec, {})) for codec in codecs
    ]
    path = tmp_path / "joined.ts"
    path.write_bytes(b"".join(clip.read_bytes() for clip in clips))
    played = play(path)
    assert played.numbers[:20] == list(range(20))
    assert sorted(set(played.numbers)) == played.numbers
    assert re.fullmatch(r"2\d broken frames skipped", played.damage)


def test_broken_frames_are_skipped_and_counted(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (40, 48, 64, 3), np.uint8)
    data = bytearray(write_clip(tmp_path / "whole.mp4", noise, fps=12).read_bytes())
    generator = random.Random(1)
    for _ in range(6):
        start = generator.randrange(len(data) // 4, len(data) // 2)
        data[start : start + 40] = generator.randbytes(40)
    path = tmp_path / "broken.mp4"
    path.write_bytes(data)
    first, second = play(path), play(path)
    assert 0 < len(first.images) < 40
    assert f"{40 - len(first.images)} broken frames skipped" in first.damage
    assert first.damage == second.damage
    assert all(np.array_equal(one, other) for one, other in zip(first.images, second.images, strict=True))


def test_damage_of_a_file_that_is_read_in_part_is_no_truncation(clip: Path) -> None:
    recording = VideoFile(str(clip))
    next(recording.frames())
    assert recording.describe_damage() == ""
    recording.close()


def test_audio_file_is_no_recording(tmp_path: Path) -> None:
    with pytest.raises(NotARecordingError, match="audio only"):
        VideoFile(str(write_sound(tmp_path / "sound.mp4")))


def test_name_that_looks_like_a_protocol(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(clip, tmp_path / "2026-11-22T10:30.mp4")
    monkeypatch.chdir(tmp_path)
    assert len(play(Path("2026-11-22T10:30.mp4")).images) == 60


def test_folder_of_images(tmp_path: Path) -> None:
    for index, size in ((1, (64, 48)), (2, (64, 48)), (10, (32, 16))):
        cv2.imwrite(str(tmp_path / f"{index}.png"), numbered(11, size=size)[index])
    (tmp_path / "3.jpg").write_bytes(b"not an image")
    (tmp_path / "4.jpg").touch()
    played = play(tmp_path)
    assert played.numbers == [1, 2, 10]
    assert played.indices == [0, 1, 4], "unreadable images are numbered too"
    assert played.times == [0, 0.1, 0.4]
    assert played.seconds == 0.5
    assert not played.images[0].flags.writeable
    assert [image.shape for image in played.images] == [(48, 64, 3), (48, 64, 3), (16, 32, 3)]
    assert played.damage == "2 unreadable images skipped"


def test_images_are_read_only_when_asked_for(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "1.png"), numbered(1)[0])
    folder = ImageFolder(str(tmp_path))
    (frame,) = folder.frames()
    (tmp_path / "1.png").unlink()
    assert folder.describe_damage() == ""
    assert frame.read_image() is None
    assert folder.describe_damage() == "1 unreadable image skipped"


def test_folder_without_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotARecordingError, match="no images found"):
        open_recording(Source("x", str(tmp_path), SourceKind.IMAGES))
