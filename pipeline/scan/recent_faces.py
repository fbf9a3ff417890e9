"""Where a camera's faces were last seen, so that the next search need look no further.

The surprising decision: places are kept apart from tracks. A track counts only after several sightings, so a search
that follows tracks would not look again where a new face has just been found, and no track would ever begin.
"""

from dataclasses import dataclass

import numpy as np

from detectors.arrays import Float32
from detectors.base import Detections

_ROOM = 0.5  # face heights to look at round a face that stands still
_SPEED = 4.0  # and this many more for every second since it was seen: people walk 7 face heights a second, across
_WIDEST = 3.0  # face heights at most
_NEAR = 1.0  # face heights round a known place within which a weak box is that face
_WAIT = 0.5  # seconds a place is looked at after its face was last seen: a head turned away comes back


@dataclass(frozen=True, slots=True)
class _Seen:
    """Boxes float32 (N,4), and when each was seen, float64 (N,) seconds."""

    boxes: Float32
    times: "np.ndarray[tuple[int], np.dtype[np.float64]]"


class RecentFaces:
    """One camera's faces, by place; weak boxes count only where a face is known to be."""

    def __init__(self, *, score: float) -> None:
        """`score`: from which a box is a new place."""
        self._score = score
        self._seen = _nothing()

    def note(self, found: Detections, time: float) -> None:
        """Take in what a search at `time` found; places where nothing was found are kept for a while."""
        near = _overlaps(found.boxes, _grown(self._seen.boxes, _NEAR))
        taken = found.boxes[(found.scores >= self._score) | near.any(axis=1)]
        missed = ~_overlaps(self._seen.boxes, _grown(taken, _NEAR)).any(axis=1)
        kept = missed & (time - self._seen.times < _WAIT)
        self._seen = _Seen(
            np.concatenate([taken, self._seen.boxes[kept]]),
            np.concatenate([np.full(len(taken), time), self._seen.times[kept]]),
        )

    def regions(self, time: float) -> Float32:
        """What to look at: boxes float32 (N,4) that hold each face wherever it can have gone by `time`."""
        ages = np.maximum(time - self._seen.times, 0)
        return _grown(self._seen.boxes, np.minimum(_ROOM + _SPEED * ages, _WIDEST)[:, None])

    def forget(self) -> None:
        """Nothing is known any more: the pixels mean other places now."""
        self._seen = _nothing()


def _nothing() -> _Seen:
    return _Seen(np.zeros((0, 4), np.float32), np.zeros(0, np.float64))


def _grown(boxes: Float32, by: "float | np.ndarray[tuple[int, int], np.dtype[np.float64]]") -> Float32:
    """Boxes (N,4) widened on each side by this many of their heights."""
    room = (boxes[:, 3:] - boxes[:, 1:2]) * by
    return np.asarray(boxes + room * np.array([-1, -1, 1, 1], np.float32), np.float32)


def _overlaps(boxes: Float32, others: Float32) -> "np.ndarray[tuple[int, int], np.dtype[np.bool_]]":
    """Which of the boxes (N,4) have their centre in which of the others (M,4): bool (N,M)."""
    centres = 0.5 * (boxes[:, None, :2] + boxes[:, None, 2:])
    return np.asarray(((centres >= others[:, :2]) & (centres <= others[:, 2:])).all(axis=2), np.bool_)
