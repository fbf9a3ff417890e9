"""ByteTrack: which boxes of a frame continue which tracks.

Zhang et al., "ByteTrack: Multi-Object Tracking by Associating Every Detection Box", ECCV 2022 (arXiv 2110.06864), with
boxes widened before they are compared (Yang et al., "Hard to Track Objects with Irregular Motions and Similar
Appearances? Make It Easier by Buffering the Matching Space", WACV 2023, arXiv 2211.14317). A test holds it against the
library `trackers`, which would bring SciPy and matplotlib to every camera box.
"""

import lap
import numpy as np

from detectors.arrays import AnyFloat, Float32, Float64, Index, Mask
from detectors.boxes import box_iou
from pipeline.settings.types import TrackingSettings
from pipeline.tracks.kalman import NOMINAL_FPS, BoxFilters

MAX_BUFFER = 0.5  # share of a box on each side; more would reach neighbours after every gap
UNTRACKED = -1


class ByteTrack:
    """Tracks of one camera; ids count from 0 and are never reused."""

    def __init__(self, settings: TrackingSettings) -> None:
        self.configure(settings)
        self._time: float | None = None
        self._next = 0
        self.clear()

    def configure(self, settings: TrackingSettings) -> None:
        """Take up other settings with the next frame; tracks go on."""
        self._settings = settings
        frames = max(1, round(settings.lost_seconds * NOMINAL_FPS))
        self._patience = frames / NOMINAL_FPS

    def update(self, boxes: Float32, scores: Float32, time: float) -> Index:
        """The id of each box's track, or UNTRACKED: (N,).

        boxes: (N,4), pixels. scores: (N,). time: seconds, later than that of the frame before.
        """
        elapsed = 1 / NOMINAL_FPS if self._time is None else time - self._time
        self._time = time
        self._predict(elapsed)
        if not len(boxes) and not len(self._ids):
            return np.empty(0, np.intp)
        buffer = min(self._settings.buffer * elapsed, MAX_BUFFER)
        wide, high = _widen(np.asarray(boxes, np.float64), buffer), scores >= self._settings.high_score
        tracks = _widen(self._filters.boxes, buffer)
        found = np.full(len(boxes), UNTRACKED, np.intp)  # the row of each box's track
        free = np.ones(len(tracks), bool)
        for rank in (high, ~high):
            if rank.any() and free.any():
                self._match(tracks, np.flatnonzero(free), wide, np.flatnonzero(rank), found)
                self._take(found, rank, boxes)
                free[found[found != UNTRACKED]] = False
        ids = np.where(found == UNTRACKED, UNTRACKED, self._ids[found]) if len(self._ids) else found
        self._begin(boxes[(found == UNTRACKED) & high & (scores >= self._settings.start_score)])
        self._keep((self._missed == 0) | (self._ids != UNTRACKED) | (self._hits >= self._settings.min_frames))
        return ids

    def alive(self) -> set[int]:
        """Ids of the tracks that a later box may still continue."""
        return set(self._ids.tolist()) - {UNTRACKED}

    def clear(self) -> None:
        """End all tracks."""
        self._filters = BoxFilters.at(np.empty((0, 4)))
        self._ids = np.empty(0, np.intp)
        self._hits = np.empty(0, np.intp)  # consecutive frames with a box
        self._missed = np.empty(0)  # seconds since the last box

    def _predict(self, elapsed: float) -> None:
        """Move all tracks on; those without a box for too long end before a box can continue them."""
        self._filters.predict(elapsed)
        self._hits[self._missed > 0] = 0
        self._missed = self._missed + elapsed
        self._keep(self._missed <= self._patience)

    def _match(self, tracks: Float64, rows: Index, boxes: Float64, columns: Index, found: Index) -> None:
        """Write into `found` which of the tracks in `rows` the boxes in `columns` continue."""
        overlap = box_iou(tracks[rows], boxes[columns])
        for row, column in _assign(overlap, self._settings.min_overlap):
            found[columns[column]] = rows[row]

    def _take(self, found: Index, rank: Mask, boxes: Float32) -> None:
        """Update the tracks of the boxes in `rank`; a track with enough boxes in a row gets its id, in order of age."""
        matched = np.flatnonzero((found != UNTRACKED) & rank)
        matched = matched[np.argsort(found[matched])]
        rows = found[matched]
        self._filters.update(rows, np.asarray(boxes[matched], np.float64))
        self._missed[rows] = 0
        self._hits[rows] += 1
        new = rows[(self._ids[rows] == UNTRACKED) & (self._hits[rows] >= self._settings.min_frames)]
        self._ids[new] = np.arange(self._next, self._next + len(new))
        self._next += len(new)

    def _begin(self, boxes: Float32) -> None:
        """Begin a track at each of these boxes (M,4)."""
        if not len(boxes):
            return
        self._filters.add(np.asarray(boxes, np.float64))
        self._ids = np.append(self._ids, np.full(len(boxes), UNTRACKED))
        self._hits = np.append(self._hits, np.ones(len(boxes), np.intp))
        self._missed = np.append(self._missed, np.zeros(len(boxes)))

    def _keep(self, which: Mask) -> None:
        if which.all():
            return
        self._filters.keep(which)
        self._ids, self._hits, self._missed = self._ids[which], self._hits[which], self._missed[which]


def _widen(boxes: AnyFloat, share: float) -> Float64:
    """Boxes (N,4) with `share` of their size added on each side."""
    margin = share * (boxes[:, 2:] - boxes[:, :2])
    return np.concatenate([boxes[:, :2] - margin, boxes[:, 2:] + margin], axis=1)


def _assign(overlap: Float32, least: float) -> list[tuple[int, int]]:
    """Pairs of (row, column) that together overlap most, each by at least `least`. overlap: (N,M)."""
    if overlap.size == 0:
        return []
    _, columns, _ = lap.lapjv(1 - overlap.astype(np.float64), extend_cost=True)
    pairs = enumerate(columns.tolist())
    return [(row, column) for row, column in pairs if column >= 0 and overlap[row, column] >= least]
