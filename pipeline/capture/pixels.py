"""Converts FFmpeg's frames to the images that the rest of Glimpse sees: BGR, upright, read-only."""

import threading
from typing import cast

import av
import numpy as np

from detectors.arrays import Image

PLANAR_FORMATS = frozenset({"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12", "gray"})
"""Pixel formats whose first plane holds 8 bits of luma for each pixel."""


def to_bgr(frame: av.VideoFrame) -> Image:
    """Convert a frame of any pixel format to BGR uint8 (H,W,3), upright by the file's display matrix, read-only.

    10-bit and HDR frames are scaled to 8 bits without tone mapping: they look paler than on a screen and keep all
    detail.
    """
    image = cast(Image, frame.to_ndarray(format="bgr24", threads=1))
    turns = _quarter_turns(frame)
    if turns:
        image = np.ascontiguousarray(np.rot90(image, turns))
    image.flags.writeable = False
    return image


class DecodedPicture:
    """A decoded frame that is converted when somebody looks at it: a live frame that a newer one replaces never is."""

    def __init__(self, frame: av.VideoFrame) -> None:
        self.size = upright_size(frame)
        self._frame: av.VideoFrame | None = frame
        self._image: Image | None = None
        self._lock = threading.Lock()

    @property
    def image(self) -> Image:
        """The picture as `to_bgr` gives it; threads may share it."""
        with self._lock:
            if self._frame is not None:
                self._image, self._frame = to_bgr(self._frame), None
        assert self._image is not None
        return self._image

    @property
    def brightness(self) -> Image:
        """The luma plane, uint8 (H,W), of an upright 8-bit frame that was not converted yet; otherwise the image."""
        with self._lock:
            frame = self._frame
            if frame is not None and frame.format.name in PLANAR_FORMATS and not _quarter_turns(frame):
                plane = frame.planes[0]
                rows: Image = np.asarray(plane, np.uint8).reshape(plane.height, plane.line_size)
                return rows[: frame.height, : frame.width]
        return self.image


def upright_size(frame: av.VideoFrame) -> tuple[int, int]:
    """Width and height of the image that `to_bgr` returns, without converting."""
    width, height = frame.width, frame.height
    return (height, width) if _quarter_turns(frame) % 2 else (width, height)


def _quarter_turns(frame: av.VideoFrame) -> int:
    """Counter-clockwise quarter turns that put the frame upright, 0 to 3."""
    return round(frame.rotation / 90) % 4
