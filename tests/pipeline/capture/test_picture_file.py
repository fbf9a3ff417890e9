"""Pictures of a source folder are read by whichever reader knows them, within limits, and faults are sentences."""

import struct
import zlib
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from detectors.pictures import HAS_HEIF, PictureError
from pipeline.capture.picture_file import read_source_picture
from pipeline.capture.sources import parse_source
from pipeline.capture.video_file import open_recording
from tests.synthetic.shaped_video import quarters, write_streams


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "bmp", "tif", "gif", "jp2"])
def test_most_are_read_as_enrolment_reads_them(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x.{suffix}"
    assert cv2.imwrite(str(path), quarters(96, 64))
    image = read_source_picture(path)
    assert np.abs(image.astype(int) - quarters(96, 64)).mean() < 16
    assert not image.flags.writeable


def test_heic_is_read_by_ffmpeg_where_nothing_else_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "x.heic"
    with av.open(str(path), "w", format="avif") as container:
        stream = container.add_stream("libaom-av1" if "libaom-av1" in av.codecs_available else "libsvtav1", rate=1)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(quarters(96, 64), format="bgr24")))
        container.mux(stream.encode())
    assert read_source_picture(path).shape == (64, 96, 3)


def png_header(width: int, height: int) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    return start + struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))


def test_sizes_beyond_the_limit_are_refused_by_the_header(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(png_header(40_000, 40_000))
    with pytest.raises(PictureError, match="too many pixels, at most 120 megapixels are read"):
        read_source_picture(path)
    cv2.imwrite(str(path := tmp_path / "y.jpg"), np.zeros((48, 64, 3), np.uint8))
    data = path.read_bytes()
    at = data.index(b"\xff\xc0")
    path.write_bytes(data[: at + 5] + struct.pack(">HH", 60_000, 50_000) + data[at + 9 :])
    with pytest.raises(PictureError, match="too many pixels"):
        read_source_picture(path)


def test_a_picture_of_tiles_is_refused(tmp_path: Path) -> None:
    path = write_streams(tmp_path / "tiles.mp4", [(64, 48), (64, 48)], [])
    data = path.read_bytes()
    path.write_bytes(data[:8] + b"heic" + data[12:])
    path = path.rename(tmp_path / "tiles.heic")
    with pytest.raises(PictureError, match="not a picture" if HAS_HEIF else "a picture of 2 parts"):
        read_source_picture(path)


def test_bad_pictures_end_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "1.png").write_bytes(png_header(1_000_000, 1_000))
    (tmp_path / "2.png").write_bytes(png_header(1_000_000, 1))
    (tmp_path / "3.heic").write_bytes(b"\0\0\0\x18ftypheic")
    (tmp_path / "4.gif").write_bytes(b"")
    (tmp_path / "5.jpg").mkdir()
    cv2.imwrite(str(tmp_path / "6.png"), quarters(96, 64))
    (source,) = parse_source(str(tmp_path))
    recording = open_recording(source)
    images = [frame.read_image() for frame in recording.frames()]
    assert [image is not None for image in images] == [False] * 4 + [True]
    assert recording.describe_damage() == "4 unreadable images skipped"
    for name in ("1.png", "2.png", "3.heic", "4.gif"):
        assert f"{name}' is skipped: " in caplog.text
