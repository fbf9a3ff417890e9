"""Picture files: accepted suffixes, decoding, and refused bytes."""

import io
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as PillowImage

from detectors import pictures
from detectors.arrays import Image
from detectors.pictures import (
    HAS_HEIF,
    HEIF_SUFFIXES,
    PICTURE_SUFFIXES,
    PictureError,
    decode_or_raise,
    decode_picture,
    read_picture,
)


def encode(suffix: str, image: Image) -> bytes:
    """The picture as Pillow writes files of this suffix."""
    PillowImage.fromarray(np.ascontiguousarray(image[..., ::-1])).save(file := io.BytesIO(), FORMATS[suffix])
    return file.getvalue()


FORMATS = PillowImage.registered_extensions() | {".hif": "HEIF"}


@pytest.mark.parametrize("suffix", sorted(PICTURE_SUFFIXES))
def test_every_suffix_is_of_a_format_that_can_be_decoded(suffix: str) -> None:
    if suffix in HEIF_SUFFIXES and not HAS_HEIF:
        pytest.skip("needs pillow-heif")
    image = np.full((64, 96, 3), (200, 100, 30), np.uint8)
    decoded = decode_picture(encode(suffix, image))
    assert decoded is not None
    assert decoded.shape == (64, 96, 3)
    np.testing.assert_allclose(decoded.mean(axis=(0, 1)), (200, 100, 30), atol=3)


@pytest.mark.parametrize("file_format", ["AVIF", "JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize(
    ("orientation", "stored"),
    [
        (2, PillowImage.Transpose.FLIP_LEFT_RIGHT),
        (3, PillowImage.Transpose.ROTATE_180),
        (4, PillowImage.Transpose.FLIP_TOP_BOTTOM),
        (5, PillowImage.Transpose.TRANSPOSE),
        (6, PillowImage.Transpose.ROTATE_90),
        (7, PillowImage.Transpose.TRANSVERSE),
        (8, PillowImage.Transpose.ROTATE_270),
    ],
)
def test_every_orientation_is_undone(file_format: str, orientation: int, stored: PillowImage.Transpose) -> None:
    upright = np.zeros((64, 96, 3), np.uint8)
    upright[:32, :48], upright[:32, 48:] = 255, (40, 120, 200)
    exif = PillowImage.Exif()
    exif[0x112] = orientation
    PillowImage.fromarray(upright).transpose(stored).save(file := io.BytesIO(), file_format, exif=exif)
    decoded = decode_picture(file.getvalue())
    assert decoded is not None
    assert decoded.shape == (64, 96, 3)
    assert np.abs(decoded[..., ::-1].astype(int) - upright).mean() < 10


def test_a_grey_picture_becomes_bgr() -> None:
    decoded = decode_picture(cv2.imencode(".png", np.full((5, 4), 7, np.uint8))[1].tobytes())
    assert decoded is not None
    np.testing.assert_array_equal(decoded, np.full((5, 4, 3), 7, np.uint8))


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n"])
def test_other_bytes_are_no_picture(data: bytes) -> None:
    assert decode_picture(data) is None


def png_header(width: int, height: int) -> bytes:
    """A PNG file whose header states this size and whose picture is missing."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return start + struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))


@pytest.mark.parametrize(
    ("size", "reason"),
    [
        ((40_000, 40_000), "too many pixels"),
        ((12_000, 11_000), "too many pixels: 12000x11000, at most 120 megapixels"),
        ((1_000_000, 1), "too long: 1000000x1"),
        ((1, 40_000), "too long: 1x40000"),
        ((100, 100), "damaged or not a picture"),
    ],
)
def test_the_size_is_known_before_anything_is_decoded(size: tuple[int, int], reason: str) -> None:
    with pytest.raises(PictureError, match=reason):
        decode_or_raise(png_header(*size))


def test_a_heic_picture_without_its_reader_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "HAS_HEIF", False)
    with pytest.raises(PictureError, match=r"pip install pillow-heif"):
        decode_or_raise(struct.pack(">I", 24) + b"ftypheic" + bytes(4) + b"mif1heic" + bytes(100))


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_PICTURE_BYTES", 1000)
    (tmp_path / "x.png").write_bytes(bytes(1001))
    with pytest.raises(PictureError, match="too large"):
        read_picture(tmp_path / "x.png")


def test_a_picture_of_floating_point_numbers_is_refused() -> None:
    """It came out black: such files have their white at 1."""
    data = io.BytesIO()
    PillowImage.fromarray(np.ones((8, 8), np.float32)).save(data, "TIFF")
    with pytest.raises(PictureError, match="floating-point"):
        decode_or_raise(data.getvalue())
