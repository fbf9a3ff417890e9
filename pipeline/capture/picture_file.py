"""Reads a picture of a source folder, refusing sizes that would exhaust the memory before it is decoded."""

from pathlib import Path

import av
import cv2
import numpy as np

from detectors.arrays import Image
from detectors.pictures import decode_picture
from pipeline.capture.geometry import MAX_FRAME_PIXELS
from pipeline.capture.pixels import to_bgr
from pipeline.capture.video_stream import DECODER_OPTIONS, NoVideoError, choose_video_stream

_PNG_MAGIC, _JPEG_MAGIC = b"\x89PNG\r\n\x1a\n", b"\xff\xd8"
_JPEG_SIZES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # start of frame


class PictureError(Exception):
    """The picture cannot be read; the message says why."""


def read_picture(path: Path) -> Image:
    """A picture as BGR uint8 (H,W,3), upright by EXIF, read-only. OpenCV reads it, or else FFmpeg (HEIC, AVIF).

    Raises PictureError.
    """
    try:
        data = path.read_bytes()
        width, height = _size(data) or _size_by_ffmpeg(path)
        if width * height > MAX_FRAME_PIXELS:
            raise PictureError(f"{width}x{height}: expected at most {MAX_FRAME_PIXELS // 10**6} megapixels")
        image = decode_picture(data)
        image = _read_by_ffmpeg(path) if image is None else image
    except (OSError, av.FFmpegError, cv2.error, MemoryError, NoVideoError, ValueError) as error:
        raise PictureError(_reason(error)) from None
    image.flags.writeable = False
    return image


def _size(data: bytes) -> tuple[int, int] | None:
    """Width and height by the header of a PNG (its IHDR) or JPEG (its start of frame, ITU T.81 B.2.2)."""
    if data.startswith(_PNG_MAGIC) and len(data) >= 24:
        return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    at = 2
    while data.startswith(_JPEG_MAGIC) and at + 9 <= len(data) and data[at] == 0xFF:
        if data[at + 1] in _JPEG_SIZES:
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        at += 1 if data[at + 1] == 0xFF else 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None


def _size_by_ffmpeg(path: Path) -> tuple[int, int]:
    with av.open(str(path), options=DECODER_OPTIONS, metadata_errors="replace") as container:
        codec = choose_video_stream(container).codec_context
        return codec.width, codec.height


def _read_by_ffmpeg(path: Path) -> Image:
    with av.open(str(path), options=DECODER_OPTIONS, metadata_errors="replace") as container:
        for frame in container.decode(choose_video_stream(container)):
            return np.array(to_bgr(frame))
    raise PictureError("not a picture")


def _reason(error: Exception) -> str:
    """Why, without the path, which the messages of FFmpeg and the system hold."""
    if isinstance(error, NoVideoError):
        return str(error)
    if isinstance(error, MemoryError | cv2.error):
        return "it does not fit into memory, or is damaged"
    if isinstance(error, av.FFmpegError):
        return "not a picture, or damaged"
    return getattr(error, "strerror", None) or "not a picture"
