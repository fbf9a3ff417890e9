"""Types that pass between the steps of the pipeline. Times are in seconds, coordinates in pixels of the frame."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol

import numpy as np

from detectors.arrays import Float32, Image

TIME_TOLERANCE_SECONDS = 1e-6
"""Subtracted from intervals. Media times are sums of floats, so a step could otherwise come one frame late."""


class Picture(Protocol):
    """A picture that is converted when somebody looks at it."""

    @property
    def image(self) -> Image:
        """BGR uint8 (H,W,3), read-only."""
        ...

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of `image`, without converting it."""
        ...

    @property
    def brightness(self) -> Image:
        """Uint8 (H,W,3) as `image`, or (H,W) if that is at hand without converting: for seeing what has moved."""
        ...


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded frame of one camera.

    index: position in the stream, from 0; counts every decoded frame, also those that a live stream dropped.
    media_time: seconds on the stream's own clock, from 0 at its first frame; strictly increasing.
    wall_time: Unix seconds when the frame arrived.  monotonic_time: monotonic seconds of the same moment, for ages.
    picture: BGR uint8 (H,W,3), read-only, or what gives one; `image` is that array.
    capture_time: Unix seconds by the camera's own clock (RTCP sender report), None if it sends none.
    """

    camera: str
    index: int
    media_time: float
    wall_time: float
    monotonic_time: float
    picture: Image | Picture = field(repr=False)
    capture_time: float | None = None

    @property
    def image(self) -> Image:
        """BGR uint8 (H,W,3), read-only. The first look at a live frame takes some milliseconds."""
        return self.picture if isinstance(self.picture, np.ndarray) else self.picture.image

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the image in pixels, without converting it."""
        return self.picture.shape[1::-1] if isinstance(self.picture, np.ndarray) else self.picture.size

    @property
    def brightness(self) -> Image:
        """The image, or its grey version (H,W) where that is at hand without converting."""
        return self.picture if isinstance(self.picture, np.ndarray) else self.picture.brightness

    def without_pixels(self) -> "Frame":
        """Copy the frame without its image, for code that keeps its times and must not keep a picture in memory."""
        return replace(self, picture=_NO_PIXELS)


_NO_PIXELS: Image = np.zeros((0, 0, 3), np.uint8)


class CameraState(StrEnum):
    """The state of a source. `ended` is final, `failed` only for recordings: a live camera is tried again."""

    CONNECTING = "connecting"
    LIVE = "live"
    STALLED = "stalled"
    RECONNECTING = "reconnecting"
    ENDED = "ended"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class CameraReport:
    """A change of a source's state.

    wall_time: Unix seconds.  reason: free of credentials.  final: no report or frame of this camera follows.
    width, height: of its frames in pixels, 0 before the first.
    """

    camera: str
    state: CameraState
    wall_time: float
    reason: str = ""
    final: bool = False
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Track:
    """A snapshot of a face that is followed through the frames of one camera; never updated.

    box: float32 (4,), x1 y1 x2 y2, and landmarks: float32 (5,2) or None, in pixels of the frame.
    age: seconds since its first frame.
    """

    camera: str
    id: int
    box: Float32
    score: float
    landmarks: Float32 | None
    age: float

    @property
    def face_px(self) -> float:
        """Height of the face in pixels of the frame; all thresholds and tables of Glimpse use this size."""
        return float(self.box[3] - self.box[1])
