"""What a face detector gives back. Struct of arrays, because a frame may hold 500 faces and Python loops would show."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from detectors.arrays import AnyArray, Float32, Image, Index, Mask

__all__ = ["Detections", "FaceDetector", "Window"]


@dataclass(frozen=True, slots=True)
class Detections:
    """Faces of one image, in original pixels, not clipped to it.

    boxes: float32 (N,4), x1 y1 x2 y2.  scores: float32 (N,), 0..1.
    landmarks: float32 (N,5,2) as x y: the subject's right eye (left in the picture), left eye, nose, right and left
    mouth corner; None where the detector gives none.

    Raises ValueError on other shapes or dtypes.
    """

    boxes: Float32
    scores: Float32
    landmarks: Float32 | None = None

    def __post_init__(self) -> None:
        count = len(self.boxes)
        _expect("boxes", self.boxes, (count, 4))
        _expect("scores", self.scores, (count,))
        if self.landmarks is not None:
            _expect("landmarks", self.landmarks, (count, 5, 2))

    def __len__(self) -> int:
        return len(self.boxes)

    def __getitem__(self, index: Mask | Index | slice) -> "Detections":
        """Select faces by mask, index array or slice."""
        landmarks = None if self.landmarks is None else self.landmarks[index]
        return Detections(self.boxes[index], self.scores[index], landmarks)

    @staticmethod
    def empty(*, landmarks: bool = True) -> "Detections":
        """No faces, same dtypes and ranks."""
        points = np.zeros((0, 5, 2), np.float32) if landmarks else None
        return Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), points)


@dataclass(frozen=True, slots=True)
class Window:
    """A square part of a picture to be searched: its upper left corner and side in the picture's pixels.

    pixels: the side at which the network sees it; smaller than `side` shrinks, larger enlarges. It may reach over the
    picture's edge below and to the right, where there is nothing to see.  Raises ValueError for sides below 1.
    """

    x: int
    y: int
    side: int
    pixels: int

    def __post_init__(self) -> None:
        if self.x < 0 or self.y < 0 or self.side < 1 or self.pixels < 1:
            raise ValueError(f"window: expected a corner from (0, 0) and sides from 1, got {self}")


class FaceDetector(Protocol):
    """Anything that finds faces."""

    name: str

    def detect(self, image: Image) -> Detections:
        """Find faces in a BGR uint8 (H,W,3) image; low scores are kept for the tracker's second association."""
        ...


def _expect(name: str, array: AnyArray, shape: tuple[int, ...]) -> None:
    if array.shape != shape or array.dtype != np.float32:
        raise ValueError(f"{name}: expected float32 {shape}, got {array.dtype} {array.shape}")
