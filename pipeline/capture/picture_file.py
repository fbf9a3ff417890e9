"""Reads a picture of a source folder as enrolment reads it; HEIC by FFmpeg where nothing else reads that."""

from pathlib import Path

import av
import cv2
import numpy as np

from detectors.arrays import Image
from detectors.pictures import HAS_HEIF, HEIF_SUFFIXES, PictureError, check_frame_size, read_picture
from pipeline.capture.pixels import to_bgr
from pipeline.capture.video_stream import DECODER_OPTIONS, NoVideoError, choose_video_stream


def read_source_picture(path: Path) -> Image:
    """A picture as BGR uint8 (H,W,3), upright by EXIF, read-only. Raises PictureError, whose message has no path."""
    by_ffmpeg = not HAS_HEIF and path.suffix.lower() in HEIF_SUFFIXES
    try:
        image = _read_by_ffmpeg(path) if by_ffmpeg else read_picture(path)
    except (OSError, av.FFmpegError, cv2.error, MemoryError, NoVideoError) as error:
        raise PictureError(_reason(error)) from None
    image.flags.writeable = False
    return image


def _read_by_ffmpeg(path: Path) -> Image:
    with av.open(str(path), options=DECODER_OPTIONS, metadata_errors="replace") as container:
        stream = choose_video_stream(container)
        check_frame_size(stream.codec_context.width, stream.codec_context.height)
        for frame in container.decode(stream):
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
