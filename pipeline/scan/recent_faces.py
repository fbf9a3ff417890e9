"""Remembers where a camera's faces were seen last, so that the next search can be limited to their surroundings.

It does not follow tracks: a track is confirmed only after several detections. If the search followed tracks, it would
not return to a face that was just found for the first time, and no track would ever be confirmed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.arrays import Float32, Float64, Mask
from detectors.base import Detections, Window

# Margins and speeds are in face heights.
MARGIN = 0.5  # searched around a face that stands still
SPEED_PER_SECOND = 4.0  # by which the margin grows; people walk past at up to 7 face heights per second
MAX_MARGIN = 3.0
MATCH_MARGIN = 1.0  # around a known face: a box with its centre in there is the same face
KEEP_SECONDS = 0.5  # for which a face that is not found is still searched, in case a head turns back
WAIT_SECONDS = 6.0  # for which a face waits for its turn where not all can be searched in every frame


@dataclass(frozen=True, slots=True)
class _Faces:
    """boxes: (N,4) x1 y1 x2 y2 in pixels.  times: (N,) media seconds when each was seen."""

    boxes: Float32
    times: Float64


class RecentFaces:
    """The recent faces of one camera. A box with a low score counts only where a face is known to be."""

    def __init__(self, *, min_score: float) -> None:
        """min_score: what a box needs to count as a new face."""
        self._min_score = min_score
        self._faces = _no_faces()

    def update(self, found: Detections, time: float, *, searched: Sequence[Window] | None = None) -> None:
        """Store what a search at media time `time` found.

        searched: the windows that were searched; None: the whole frame.  A face that the search missed is kept for
        KEEP_SECONDS, one outside all windows for WAIT_SECONDS.
        """
        near_known = _contain_centres(found.boxes, _expand(self._faces.boxes, MATCH_MARGIN)).any(axis=1)
        boxes = found.boxes[(found.scores >= self._min_score) | near_known]
        missed = ~_contain_centres(self._faces.boxes, _expand(boxes, MATCH_MARGIN)).any(axis=1)
        keep_seconds = np.where(_are_in(self._faces.boxes, searched), KEEP_SECONDS, WAIT_SECONDS)
        keep = missed & (time - self._faces.times < keep_seconds)
        self._faces = _Faces(
            np.concatenate([boxes, self._faces.boxes[keep]]),
            np.concatenate([np.full(len(boxes), time), self._faces.times[keep]]),
        )

    def add_older(self, found: Detections, time: float) -> None:
        """Store what a search saw at an earlier media time `time`, except faces that are known since."""
        known = _contain_centres(found.boxes, _expand(self._faces.boxes, MATCH_MARGIN)).any(axis=1)
        boxes = found.boxes[(found.scores >= self._min_score) & ~known]
        self._faces = _Faces(
            np.concatenate([self._faces.boxes, boxes]),
            np.concatenate([self._faces.times, np.full(len(boxes), time)]),
        )

    def search_regions(self, time: float) -> Float32:
        """Return boxes (N,4), in pixels, that hold each face wherever it can have moved by media time `time`."""
        ages = np.maximum(time - self._faces.times, 0)
        return _expand(self._faces.boxes, np.minimum(MARGIN + SPEED_PER_SECOND * ages, MAX_MARGIN)[:, None])

    @property
    def any(self) -> bool:
        """Whether a face is known."""
        return len(self._faces.boxes) > 0

    def clear(self) -> None:
        """Forget all faces, because pixels now show other places."""
        self._faces = _no_faces()


def _no_faces() -> _Faces:
    return _Faces(np.zeros((0, 4), np.float32), np.zeros(0, np.float64))


def _expand(boxes: Float32, margin: float | Float64) -> Float32:
    """Widen boxes (N,4) on each side by `margin` of their heights; a number, or (N,1)."""
    margin_px = (boxes[:, 3:] - boxes[:, 1:2]) * margin
    return np.asarray(boxes + margin_px * np.array([-1, -1, 1, 1], np.float32), np.float32)


def _are_in(boxes: Float32, windows: Sequence[Window] | None) -> Mask:
    """Bool (N,): whether the centre of each box (N,4) lies in one of the windows; everything lies in a whole frame."""
    if windows is None:
        return np.ones(len(boxes), np.bool_)
    bounds = [(window.x, window.y, window.x + window.side, window.y + window.side) for window in windows]
    return np.asarray(_contain_centres(boxes, np.array(bounds, np.float32).reshape(-1, 4)).any(axis=1), np.bool_)


def _contain_centres(boxes: Float32, others: Float32) -> Mask:
    """Bool (N,M): whether the centre of each of the boxes (N,4) lies in each of the others (M,4)."""
    centres = 0.5 * (boxes[:, None, :2] + boxes[:, None, 2:])
    return np.asarray(((centres >= others[:, :2]) & (centres <= others[:, 2:])).all(axis=2), np.bool_)
