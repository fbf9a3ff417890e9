"""Whether a face is framed by straight edges that move with it, as the edges of a photograph or a telephone do.

The surroundings of a face are laid over one another by its landmarks, look by look, and edges are counted where they
stand in the same place. While the face moves, edges of what stands behind it are elsewhere in each look. Then straight
edges are looked for at both sides of the face and above or below it.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np

from detectors.arrays import Float32, Image
from pipeline.types import Track
from recognizer.chips import similarity
from recognizer.spec import aligned_landmarks

SIDE_PX = 80  # of the surroundings
FACE_PX = 16.0  # height of the face in it
_CHIP_FACE_PX = 116.0  # height of a face, as detectors draw it, whose aligned chip has 112 pixels
_TEMPLATE = (aligned_landmarks(112) - [56.5, 72.5]) * (FACE_PX / _CHIP_FACE_PX) + SIDE_PX / 2
_REACH = 4.0  # face heights that are cut on each side before the face is turned upright
_COARSE_PX = 24.0  # a larger face is read in steps: edges of cards do not need every pixel

NEAREST, FARTHEST = 0.5, 2.3  # face heights from the middle of the face to an edge
HALF_LENGTH = 0.8  # of an edge, face heights
STRONG = 10.0  # grey levels a pixel from which an edge counts fully
SLANTS = np.linspace(-0.25, 0.25, 11)  # of edges: pixels sideways for each pixel along


def cut_surroundings(image: Image, face: Track) -> Image | None:
    """What is around a face, turned upright, uint8 (SIDE_PX,SIDE_PX); of a picture BGR uint8 (H,W,3).

    None without landmarks, or where they form no face.
    """
    if face.landmarks is None:
        return None
    height = face.face_px
    step = max(1, int(height / _COARSE_PX))
    middle, reach = (face.box[:2] + face.box[2:]) / 2, _REACH * height
    x1, y1 = np.maximum(middle - reach, 0).astype(int).tolist()
    x2, y2 = np.ceil(middle + reach).astype(int).tolist()
    part = np.ascontiguousarray(image[y1:y2:step, x1:x2:step, 1])
    points = (np.asarray(face.landmarks, np.float64) - [x1, y1]) / step
    spread = float(np.ptp(points, axis=0).min())
    if not (part.size and np.isfinite(points).all() and spread > 0):
        return None
    upright = similarity(points - 0.5, _TEMPLATE - 0.5)
    size, repeat = (SIDE_PX, SIDE_PX), cv2.BORDER_REPLICATE  # the edge of the frame is none of a card
    return np.asarray(cv2.warpAffine(part, upright, size, flags=cv2.INTER_LINEAR, borderMode=repeat), np.uint8)


@dataclass(slots=True)
class Outline:
    """The edges around a track's face so far, and how far it moved in the frame."""

    looks: int = 0
    _across: Float32 = field(default_factory=lambda: np.zeros((SIDE_PX, SIDE_PX), np.float32))
    _down: Float32 = field(default_factory=lambda: np.zeros((SIDE_PX, SIDE_PX), np.float32))
    _low: Float32 = field(default_factory=lambda: np.full(2, np.inf, np.float32))
    _high: Float32 = field(default_factory=lambda: np.full(2, -np.inf, np.float32))
    _height: float = 0.0

    def add(self, surroundings: Image, box: Float32) -> None:
        """Add a look: its surroundings, and where it is in the frame, x1 y1 x2 y2."""
        grey = surroundings.astype(np.float32)
        self._across[:, 1:-1] += np.clip((grey[:, 2:] - grey[:, :-2]) / (2 * STRONG), -1, 1)
        self._down[1:-1] += np.clip((grey[2:] - grey[:-2]) / (2 * STRONG), -1, 1)
        self.looks += 1
        middle = (box[:2] + box[2:]) / 2
        self._low, self._high = np.minimum(self._low, middle), np.maximum(self._high, middle)
        self._height += float(box[3] - box[1])

    @property
    def moved(self) -> float:
        """How far the face moved across or down, the greater of both, face heights."""
        return float((self._high - self._low).max()) * self.looks / self._height if self._height > 0 else 0.0

    def straightness(self) -> float:
        """How much of a frame is around the face, 0..1: the weakest of left edge, right edge, and one of the others."""
        share = np.float32(1 / max(1, self.looks))
        across, down = np.abs(self._across) * share, np.abs(self._down) * share
        left, right, top, bottom = (edge_at_left(side) for side in (across, across[:, ::-1], down.T, down.T[:, ::-1]))
        return min(left, right, max(top, bottom))


def edge_at_left(strength: Float32) -> float:
    """The best straight edge left of the middle, 0..1: the mean of its strength along its length."""
    middle, half = SIDE_PX // 2, round(HALF_LENGTH * FACE_PX)
    along = np.arange(-half, half)
    places = np.arange(middle - round(FARTHEST * FACE_PX), middle - round(NEAREST * FACE_PX))
    columns = places[None, :, None] + np.rint(SLANTS[:, None, None] * along).astype(int)  # (slants, places, rows)
    columns = columns.clip(0, SIDE_PX - 1)
    return float(strength[middle + along, columns].mean(axis=2).max())
