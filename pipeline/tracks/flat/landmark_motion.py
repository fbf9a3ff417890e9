"""Whether the five landmarks of a face move as those of a plane or as those of a head.

Eyes and corners of the mouth lie nearly in a plane; the tip of the nose stands out of it by a seventh of the face's
height. An affine map takes the four from the template to a frame (a camera that is not very near sees a plane so). In
the map's own coordinates the nose stays where it is while a flat picture turns, and moves by its depth times the
tangent of the angle while a head turns. The map itself says how far it turned: what turns by an angle is seen narrower
by its cosine.
"""

from dataclasses import dataclass, field

import numpy as np

from detectors.arrays import Float32, Float64
from recognizer.spec import aligned_landmarks

PLANE, NOSE = (0, 1, 3, 4), 2  # of the five landmarks
MAX_LOOKS = 256
SMOOTHED = 5  # looks that are averaged, so that noise of single looks is no turn
FACE_PX = 116.0  # height of a face, as detectors draw it, whose aligned chip has 112 pixels
_TEMPLATE = aligned_landmarks(112) / FACE_PX
_CENTRE = _TEMPLATE[list(PLANE)].mean(axis=0)
_INVERSE = np.linalg.pinv(_TEMPLATE[list(PLANE)] - _CENTRE)  # (2,4)
_TO_NOSE = _TEMPLATE[NOSE] - _CENTRE


@dataclass(frozen=True, slots=True)
class Movement:
    """How far a face turned and how far its nose moved by that.

    turn: tangent of the angle that explains how much narrower or shorter the face became.
    parallax: way of the nose in the plane of the face, face heights.
    """

    turn: float
    parallax: float


@dataclass(slots=True)
class LandmarkMotion:
    """The shapes of one track's looks, the newest MAX_LOOKS."""

    _shapes: Float64 = field(default_factory=lambda: np.zeros((MAX_LOOKS, 4)))
    looks: int = 0

    def add(self, landmarks: Float32) -> None:
        """Add a look, float32 (5,2) in pixels of any picture. Landmarks that form no face do not count."""
        shape = plane_shape(landmarks)
        if shape is not None:
            self._shapes[self.looks % MAX_LOOKS] = shape
            self.looks += 1

    def measure(self) -> Movement | None:
        """None before there are twice as many looks as are averaged."""
        if self.looks < 2 * SMOOTHED:
            return None
        shapes = self._shapes[: self.looks]
        if self.looks > MAX_LOOKS:
            shapes = np.roll(self._shapes, -(self.looks % MAX_LOOKS), axis=0)
        sums = np.cumsum(np.vstack([np.zeros((1, 4)), shapes]), axis=0)
        smooth = (sums[SMOOTHED:] - sums[:-SMOOTHED]) / SMOOTHED
        low, high = np.percentile(smooth, (10, 90), axis=0)
        stretch, shear, across, down = (high - low).tolist()
        return Movement(float(np.sqrt(np.expm1(2 * max(stretch, shear)))), float(np.hypot(across, down)))


def plane_shape(landmarks: Float32) -> Float64 | None:
    """Aspect (logarithm), shear, and place x, y of the nose, float64 (4,), of landmarks (5,2); None where four of them
    lie on a line."""
    points = np.asarray(landmarks, np.float64)
    four = points[list(PLANE)]
    middle = four.mean(axis=0)
    linear = _INVERSE @ (four - middle)  # rows: what a step along the template's x and y is in the picture
    area = linear[0, 0] * linear[1, 1] - linear[0, 1] * linear[1, 0]
    lengths = np.hypot(linear[:, 0], linear[:, 1])
    if not (np.isfinite(points).all() and abs(area) > 1e-3 * lengths[0] * lengths[1] > 0):
        return None
    off = points[NOSE] - middle - _TO_NOSE @ linear
    across = (off[0] * linear[1, 1] - off[1] * linear[1, 0]) / area
    down = (off[1] * linear[0, 0] - off[0] * linear[0, 1]) / area
    shear = float(linear[0] @ linear[1] / (lengths[0] * lengths[1]))
    return np.array([np.log(lengths[0] / lengths[1]), shear, across, down])
