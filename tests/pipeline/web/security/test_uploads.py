"""Uploaded pictures: known by what they are, and refused by their header."""

import io
import struct
import time
import zlib

import pytest
from PIL import Image

from pipeline.web.security.uploads import check_upload

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def picture(kind: str, size: tuple[int, int] = (64, 48)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size).save(out, kind)
    return out.getvalue()


def huge_png(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is so large."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")]
    parts = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
def test_pictures_are_known_by_their_content(kind: str) -> None:
    assert check_upload(picture(kind)) == kind


@pytest.mark.parametrize(
    "data",
    [
        SVG,
        b"  " + SVG,
        b"",
        b"\x89PNG",
        picture("gif"),
        picture("bmp"),
        picture("tiff"),
        b"<html>",
        b"%PDF-1.7",
        b"\x00" * 99,
    ],
)
def test_everything_else_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="expected a JPEG, PNG, WebP or HEIC"):
        check_upload(data)


@pytest.mark.parametrize("data", [b"\xff\xd8\xff" + SVG, b"RIFF\x00\x00\x00\x00WEBP" + SVG, b"\x89PNG\r\n\x1a\n" + SVG])
def test_a_program_that_begins_like_a_picture_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="cannot be used: not a picture"):
        check_upload(data)


@pytest.mark.parametrize("size", [(40_000, 40_000), (40_000, 10), (9000, 9000), (2**31 - 1, 2**31 - 1)])
def test_too_many_pixels_are_refused_before_they_are_decoded(size: tuple[int, int]) -> None:
    begin = time.perf_counter()
    with pytest.raises(ValueError, match=r"too many pixels|too long|megapixels|not a picture"):
        check_upload(huge_png(*size))
    assert time.perf_counter() - begin < 1.0
