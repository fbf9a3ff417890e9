"""Converts FFmpeg's frames to the images that the rest of Glimpse sees: BGR, upright, read-only."""

import threading
from typing import cast

import av
import cv2
import numpy as np

from detectors.arrays import Image
from pipeline.capture.geometry import Orientation, first_field, orientation, square_size

PLANAR_FORMATS = frozenset({"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12", "gray"})
"""Pixel formats whose first plane holds 8 bits of luma for each pixel."""


def to_bgr(frame: av.VideoFrame, pixel_aspect: float = 1.0) -> Image:
    """Convert a frame of any pixel format to BGR uint8 (H,W,3) as a screen shows it, read-only.

    pixel_aspect: width of a stored pixel over its height; the image has square pixels. Of an interlaced frame one field
    is taken. The display matrix turns and mirrors.

    10-bit and HDR frames are scaled to 8 bits without tone mapping: they look paler than on a screen and keep all
    detail.
    """
    lines = first_field(frame) if frame.interlaced_frame and frame.height > 1 else frame
    image = cast(Image, lines.to_ndarray(format="bgr24", threads=1))
    image = _resize(image, square_size(frame.width, frame.height, pixel_aspect))
    image = _turn(image, orientation(frame))
    image.flags.writeable = False
    return image


class DecodedPicture:
    """A decoded frame that is converted when somebody looks at it: a live frame that a newer one replaces never is."""

    def __init__(self, frame: av.VideoFrame, pixel_aspect: float = 1.0) -> None:
        self.size = upright_size(frame, pixel_aspect)
        self._pixel_aspect = pixel_aspect
        self._frame: av.VideoFrame | None = frame
        self._image: Image | None = None
        self._lock = threading.Lock()

    @property
    def image(self) -> Image:
        """The picture as `to_bgr` gives it; threads may share it."""
        with self._lock:
            if self._frame is not None:
                self._image, self._frame = to_bgr(self._frame, self._pixel_aspect), None
        assert self._image is not None
        return self._image

    @property
    def brightness(self) -> Image:
        """The luma, uint8 (H,W), of an upright 8-bit frame that was not converted yet; otherwise the image.

        It has the size of the image.
        """
        with self._lock:
            frame = self._frame
            if frame is not None and frame.format.name in PLANAR_FORMATS and orientation(frame) == Orientation():
                plane = frame.planes[0]
                rows: Image = np.asarray(plane, np.uint8).reshape(plane.height, plane.line_size)
                return _resize(rows[: frame.height, : frame.width], self.size)
        return self.image


def upright_size(frame: av.VideoFrame, pixel_aspect: float = 1.0) -> tuple[int, int]:
    """Width and height of the image that `to_bgr` returns, without converting."""
    width, height = square_size(frame.width, frame.height, pixel_aspect)
    return (height, width) if orientation(frame).swaps_sides else (width, height)


def _resize(image: Image, size: tuple[int, int]) -> Image:
    """The image at this width and height; itself where it has them."""
    return image if image.shape[1::-1] == size else np.asarray(cv2.resize(image, size), np.uint8)


def _turn(image: Image, how: Orientation) -> Image:
    if how == Orientation():
        return image
    return np.ascontiguousarray(np.rot90(image[:, ::-1] if how.mirrored else image, how.quarter_turns))
