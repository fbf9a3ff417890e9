"""Finds a track's face again in its camera's main stream, which shows it larger than the sub-stream it was found in.

The two streams are seldom of the same instant, and landmarks of a small picture are coarse in a large one, so the
detector looks again around the place where the face should be.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from detectors.arrays import Float32, Image
from detectors.base import Detections, Window
from pipeline.types import Frame, Track

SEARCHED_HEIGHTS = 4.0  # side of the square that is searched, in face heights
WINDOW_PX = 256  # network pixels of its side, at most
MAX_DISTANCE = 1.0  # face heights, of the face found from the place where it should be
MAX_GROWTH = 2.0  # of its height, either way


class Pictures(Protocol):
    """The pictures of a main stream."""

    def nearest(self, frame: Frame) -> Frame | None: ...


Search = Callable[[Image, Sequence[Window]], Detections]


class CloseUps:
    """The main streams of the cameras that have one beside a sub-stream."""

    def __init__(self, streams: Mapping[str, Pictures], search: Search) -> None:
        self._streams, self._search = streams, search

    def find(self, face: Track, frame: Frame) -> tuple[Track, Image] | None:
        """The same face in the main stream's pixels, and that picture, BGR uint8 (H,W,3).

        face: in pixels of `frame`, of the sub-stream.  None where the camera has no main stream, no picture of this
        moment, or where no face is found there.
        """
        stream = self._streams.get(face.camera)
        picture = stream.nearest(frame) if stream else None
        if picture is None:
            return None
        expected = face.box * np.tile(np.array(picture.size, np.float32) / np.array(frame.size, np.float32), 2)
        found = self._search(picture.image, [_around(expected, picture.size)])
        number = _pick(found.boxes, expected)
        if number is None:
            return None
        landmarks = None if found.landmarks is None else found.landmarks[number]
        score = float(found.scores[number])
        return replace(face, box=found.boxes[number], landmarks=landmarks, score=score), picture.image


def _around(box: Float32, size: tuple[int, int]) -> Window:
    """A square around a box, within the picture where that is large enough."""
    side = max(8, min(round(SEARCHED_HEIGHTS * float(box[3] - box[1])), max(size)))
    x, y = (max(0, min(round(float(box[i] + box[i + 2]) / 2 - side / 2), size[i] - side)) for i in (0, 1))
    return Window(x, y, side, min(side, WINDOW_PX))


def _pick(boxes: Float32, expected: Float32) -> int | None:
    """The box (of (N,4)) nearest to where and as large as a face should be; None where none is near."""
    height = float(expected[3] - expected[1])
    offsets = (boxes[:, :2] + boxes[:, 2:] - expected[:2] - expected[2:]) / 2
    distances = np.linalg.norm(offsets, axis=1) / height
    growth = np.abs(np.log(np.maximum(boxes[:, 3] - boxes[:, 1], 1e-6) / height))
    possible = (distances <= MAX_DISTANCE) & (growth <= np.log(MAX_GROWTH))
    return int(np.where(possible, distances, np.inf).argmin()) if possible.any() else None
