"""Writes clips whose stored pixels are not what a screen shows: mirrored, squeezed, interlaced, one of several."""

import io
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from PIL import ExifTags
from PIL import Image as PillowImage

from detectors.arrays import Image

CLIP_FRAMES = 4


def write_shaped_clip(
    path: Path, image: Image, *, matrix: Sequence[int] = (), sar: Fraction | None = None, **options: str
) -> Path:
    """Encode one BGR image four times, 12 a second.

    matrix: a, b, c, d of the display matrix, whole numbers.  sar: pixel width over height.  options: of libx264.
    """
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=12, options={"crf": "8", "bf": "0"} | options)
        _describe(stream, image)
        if matrix:
            a, b, c, d = matrix
            stream.set_display_matrix([a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30])
        if sar:
            stream.codec_context.sample_aspect_ratio = sar
        for _ in range(CLIP_FRAMES):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())
    return path


def write_interlaced_clip(path: Path, width: int = 320, height: int = 240) -> Path:
    """A white bar that moves 40 px from one field to the next, coded as interlaced, top field first."""
    with av.open(str(path), "w") as container:
        options = {"crf": "8", "bf": "0", "x264-params": "tff=1"}
        stream = container.add_stream("libx264", rate=25, options=options)
        image = np.zeros((height, width, 3), np.uint8)
        _describe(stream, image)
        for number in range(CLIP_FRAMES):
            image[:] = 0
            for field in range(2):
                left = 20 + 40 * (2 * number + field) % (width - 60)
                image[field::2, left : left + 20] = 255
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())
    return path


def write_streams(
    path: Path, sizes: Sequence[tuple[int, int]], default: Sequence[int], *, empty: Sequence[int] = ()
) -> Path:
    """One file of several video streams. default: which of them are marked so.  empty: which have no packets."""
    with av.open(str(path), "w") as container:
        streams: list[Any] = []
        for number, (width, height) in enumerate(sizes):
            stream = container.add_stream("libx264", rate=12)
            _describe(stream, np.zeros((height, width, 3), np.uint8))
            stream.disposition = av.stream.Disposition.default if number in default else av.stream.Disposition(0)
            streams.append(stream)
        filled = [stream for number, stream in enumerate(streams) if number not in empty]
        for _ in range(CLIP_FRAMES):
            for stream in filled:
                image = np.full((stream.height, stream.width, 3), 128, np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        for stream in filled:
            container.mux(stream.encode())
    return path


def write_huge_clip(path: Path, width: int, height: int) -> Path:
    """One black frame, two colours, of any size: a small file."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("png", rate=12)
        stream.width, stream.height, stream.pix_fmt = width, height, "monob"
        container.mux(stream.encode(av.VideoFrame(width, height, "monob")))
        container.mux(stream.encode())
    return path


def rename_codec(clip: Path, path: Path, old: bytes = b"avc1", new: bytes = b"zzz9") -> Path:
    """Copy an MP4 file and give its video a codec that nobody knows."""
    data = clip.read_bytes()
    assert data.count(old) >= 1
    head, _, tail = data.rpartition(old)
    path.write_bytes(head + new + tail)
    return path


def quarters(width: int, height: int) -> Image:
    """Red, green, blue and white quarters: top left, top right, bottom left, bottom right. BGR."""
    colours = np.array([[(0, 0, 255), (0, 255, 0)], [(255, 0, 0), (255, 255, 255)]], np.uint8)
    return np.asarray(cv2.resize(colours, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)


def picture_with_exif(image: Image, orientation: int, kind: str) -> bytes:
    """An encoded BGR image as a camera writes it. orientation: of EXIF, 1 to 8.  kind: a format of Pillow."""
    exif, data = PillowImage.Exif(), io.BytesIO()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Orientation] = "Maker", orientation
    PillowImage.fromarray(image[..., ::-1]).save(data, kind, exif=exif)
    return data.getvalue()


def _describe(stream: Any, image: Image) -> None:
    stream.height, stream.width = image.shape[:2]
    stream.pix_fmt = "yuv420p"
