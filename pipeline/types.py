"""What flows through the pipeline between the parts. Time is in seconds, pixels are float until drawn."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np

from detectors.arrays import Float32, Image

TIME_TOLERANCE_SECONDS = 1e-6
"""Media times are sums of floats: without this, every second step of a steady stream would be a frame late."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded picture of one camera; `image` is BGR uint8 (H,W,3), read-only.

    index: position in the stream, from 0, counting every decoded frame (also those a live stream dropped).
    media_time: seconds on the stream's own clock, from 0 at its first frame; strictly increasing per connection.
    wall_time: Unix seconds when the frame arrived here.  clock: monotonic seconds of the same moment, for ages.
    capture_time: Unix seconds by the camera's own clock (RTCP sender report), None when it tells none.
    """

    camera: str
    index: int
    media_time: float
    wall_time: float
    clock: float
    image: Image = field(repr=False)
    capture_time: float | None = None

    def without_pixels(self) -> "Frame":
        """The same frame without its pixels, for whoever remembers when something was but must not hold a picture."""
        return replace(self, image=_NO_PIXELS)


_NO_PIXELS: Image = np.zeros((0, 0, 3), np.uint8)


class CameraState(StrEnum):
    """The life of a source. `ended` and `failed` are final for recordings; live sources go on trying from `failed`."""

    CONNECTING = "connecting"
    LIVE = "live"
    STALLED = "stalled"
    RECONNECTING = "reconnecting"
    ENDED = "ended"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class CameraReport:
    """A change in a source's state; `reason` is safe to show (no credentials), `final` ends the camera for good."""

    camera: str
    state: CameraState
    wall_time: float
    reason: str = ""
    final: bool = False
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Track:
    """A face followed through one camera, as it stood at one frame (a snapshot, never updated).

    box: float32 (4,) x1 y1 x2 y2 and landmarks: float32 (5,2) or None, in the frame's pixels.
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
        """Face height in the frame's pixels: the size every threshold and table in Glimpse means."""
        return float(self.box[3] - self.box[1])
