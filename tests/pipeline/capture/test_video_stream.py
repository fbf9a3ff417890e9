"""The stream that players show is read, and one that cannot be read says why and ends no other."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest

from pipeline.capture.mailbox import Mailbox
from pipeline.capture.recording import RecordingReader, estimate_seconds
from pipeline.capture.sources import parse_source
from pipeline.capture.video_file import VideoFile
from pipeline.capture.video_stream import DECODER_OPTIONS, UnreadableVideoError, decode_packet
from pipeline.settings.types import CameraDefaults
from pipeline.types import CameraReport, CameraState
from tests.synthetic.shaped_video import CLIP_FRAMES, rename_codec, write_huge_clip, write_streams
from tests.synthetic.video import numbered, write_clip

IVF_HEADER_BYTES = 32
SMALL, MIDDLE, LARGE = (64, 48), (96, 64), (128, 96)


@pytest.mark.parametrize(
    ("sizes", "default", "expected"),
    [
        ([SMALL, LARGE], [1], LARGE),
        ([SMALL, LARGE], [0], SMALL),
        ([SMALL, LARGE, MIDDLE], [0, 2], MIDDLE),
        ([SMALL, LARGE, MIDDLE], [], LARGE),
        ([SMALL, LARGE, MIDDLE], [0, 1, 2], LARGE),
    ],
)
def test_default_stream_then_most_pixels(
    tmp_path: Path, sizes: list[tuple[int, int]], default: list[int], expected: tuple[int, int]
) -> None:
    recording = VideoFile(str(write_streams(tmp_path / "several.mkv", sizes, default)))
    images = [frame.read_image() for frame in recording.frames()]
    recording.close()
    assert {image.shape[1::-1] for image in images if image is not None} == {expected}


@pytest.mark.parametrize("kind", ["mkv", "mp4", "mov", "nut"])
@pytest.mark.parametrize(
    ("default", "empty", "expected"),
    [
        ([0], [0], LARGE),
        ([1], [1], MIDDLE),
        ([0, 1], [1], SMALL),
        ([0], [0, 1], MIDDLE),
        ([0], [1], SMALL),
    ],
)
def test_a_stream_without_packets_gives_way_to_one_that_has_some(
    tmp_path: Path, kind: str, default: list[int], empty: list[int], expected: tuple[int, int]
) -> None:
    clip = write_streams(tmp_path / f"several.{kind}", [SMALL, LARGE, MIDDLE], default, empty=empty)
    recording = VideoFile(str(clip))
    images = [frame.read_image() for frame in recording.frames()]
    recording.close()
    assert [image.shape[1::-1] for image in images if image is not None] == [expected] * CLIP_FRAMES


def last_report(path: Path) -> CameraReport:
    mailbox = Mailbox()
    (source,) = parse_source(str(path), name="clip")
    mailbox.register("clip", live=False)
    reader = RecordingReader(source, mailbox, CameraDefaults())
    reader.start()
    while True:
        for item in mailbox.take(5):
            if isinstance(item, CameraReport) and item.final:
                reader.join(5)
                return item


def test_an_unknown_codec_is_a_sentence(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "known.mp4", numbered(12))
    unknown = rename_codec(clip, tmp_path / "unknown.mp4")
    report = last_report(unknown)
    assert (report.state, report.reason) == (CameraState.FAILED, "FFmpeg does not know the video's codec")
    assert estimate_seconds(parse_source(str(unknown))[0], CameraDefaults()) is None
    assert last_report(clip).state is CameraState.ENDED


def test_frames_beyond_the_limit_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    report = last_report(write_huge_clip(tmp_path / "huge.mov", 16_000, 8_000))
    assert report.state is CameraState.FAILED
    assert report.reason == "frames of unknown size, or of more than 120 megapixels"


def test_sides_beyond_the_limit_are_refused(tmp_path: Path) -> None:
    report = last_report(write_huge_clip(tmp_path / "long.mov", 40_000, 16))
    assert report.state is CameraState.FAILED
    assert report.reason == "frames of 40000x16: expected at most 32767 pixels a side"


@pytest.fixture
def limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """10,000 pixels, as a large frame takes long to make."""
    monkeypatch.setattr("pipeline.capture.video_stream.MAX_FRAME_PIXELS", 10_000)
    monkeypatch.setitem(DECODER_OPTIONS, "max_pixels", "10000")


@pytest.mark.usefixtures("limit")
def test_a_header_beyond_the_limit_is_named(tmp_path: Path) -> None:
    report = last_report(write_clip(tmp_path / "clip.mp4", numbered(3, size=(128, 96))))
    assert report.state is CameraState.FAILED
    assert report.reason == "frames of 128x96: expected at most 0.01 megapixels"


GROWN = "frames of 128x96: expected at most 0.01 megapixels"
UNKNOWN = "frames of unknown size, or of more than 0.01 megapixels"


@pytest.mark.usefixtures("limit")
@pytest.mark.parametrize(
    ("suffix", "codec", "pix_fmt", "reason"),
    [
        ("ts", "libx264", "yuv420p", GROWN),
        ("ts", "libx265", "yuv420p", GROWN),
        ("mjpeg", "mjpeg", "yuvj420p", GROWN),
        ("ivf", "libvpx-vp9", "yuv420p", UNKNOWN),
    ],
)
def test_frames_that_grow_beyond_the_limit_end_a_recording(
    tmp_path: Path, suffix: str, codec: str, pix_fmt: str, reason: str
) -> None:
    options: dict[str, Any] = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    small, large = (
        write_clip(tmp_path / f"{size[0]}.{suffix}", numbered(12, size=size), codec=codec, pix_fmt=pix_fmt, **options)
        for size in ((64, 48), (128, 96))
    )
    header = IVF_HEADER_BYTES if suffix == "ivf" else 0
    small.write_bytes(small.read_bytes() + large.read_bytes()[header:])
    report = last_report(small)
    assert report.state is CameraState.ENDED, "what came before was delivered"
    assert re.fullmatch(rf"reading broke off at [01]\.\d s: {reason}.*", report.reason), report.reason


@pytest.mark.parametrize("kind", [av.error.InvalidDataError, av.error.PatchWelcomeError, av.error.MemoryError])
def test_a_damaged_packet_ends_nothing(kind: type[av.FFmpegError]) -> None:
    assert decode_packet(refusing_packet(kind(12, "Cannot allocate memory"), 64, 48)) is None


def test_other_errors_of_a_decoder_are_raised() -> None:
    with pytest.raises(av.error.PermissionError):
        decode_packet(refusing_packet(av.error.PermissionError(13, "no"), 64, 48))
    with pytest.raises(UnreadableVideoError, match="frames of unknown size, or of more than 120 megapixels"):
        decode_packet(refusing_packet(av.error.ArgumentError(22, "no"), 0, 0))
    with pytest.raises(UnreadableVideoError, match="frames of 16000x8000: expected at most 120 megapixels"):
        decode_packet(refusing_packet(av.error.MemoryError(12, "no"), 16_000, 8_000))


def refusing_packet(error: av.FFmpegError, width: int, height: int) -> Any:
    """A packet that the decoder refuses, having seen this size."""

    def decode() -> None:
        raise error

    codec = SimpleNamespace(width=width, height=height, name="h264")
    return SimpleNamespace(decode=decode, stream=SimpleNamespace(codec_context=codec))


def test_a_picture_of_tiles_is_refused(tmp_path: Path) -> None:
    tiles = write_streams(tmp_path / "tiles.mp4", [SMALL, SMALL], [])
    data = tiles.read_bytes()
    tiles.write_bytes(data[:8] + b"heic" + data[12:])
    with pytest.raises(UnreadableVideoError, match="picture of 2 parts"):
        VideoFile(str(tiles))


def test_metadata_that_is_not_utf8_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "clip.mkv"
    with av.open(str(path), "w") as container:
        container.metadata["title"] = "cafeXXXX"
        stream = container.add_stream("libx264", rate=12)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="bgr24")))
        container.mux(stream.encode())
    path.write_bytes(path.read_bytes().replace(b"cafeXXXX", b"caf\xe9\xe9\xe9\xe9\xe9"))
    assert last_report(path).state is CameraState.ENDED
