"""How far the same people and strangers are apart, without labels.

Two halves of a track show one person. Two tracks that are in one camera's picture at the same time show two people; so
do, nearly always, two tracks of a crowd, which count where too few overlap.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.arrays import Float64
from glimpse.selfcheck.seen_track import SeenTrack

MIN_PAIRS = 200
MAX_TRACKS = 400  # of which all pairs are compared


@dataclass(frozen=True, slots=True)
class Separation:
    """Of one camera. genuine: cosines of halves of tracks, (G,).  strangers: cosines of templates of two people, (S,).

    together: whether the strangers were seen at the same time, and so are two people for certain.
    """

    genuine: Float64
    strangers: Float64
    together: bool

    @property
    def distance(self) -> float:
        """d': the difference of the means in standard deviations; NaN with too few of either."""
        if len(self.genuine) < 2 or len(self.strangers) < 2:
            return float("nan")
        spread = np.sqrt((self.genuine.var() + self.strangers.var()) / 2)
        return float((self.genuine.mean() - self.strangers.mean()) / max(spread, 1e-6))

    @property
    def area(self) -> float:
        """The chance that the same person is more alike than strangers are (AUC); NaN with none of either."""
        if not len(self.genuine) or not len(self.strangers):
            return float("nan")
        ordered = np.sort(self.strangers)
        below = np.searchsorted(ordered, self.genuine, "left") + np.searchsorted(ordered, self.genuine, "right")
        return float(below.mean() / (2 * len(ordered)))


def measure_separation(tracks: Sequence[SeenTrack]) -> Separation:
    """That of the tracks of one camera."""
    genuine = np.array([track.agreement for track in tracks if track.agreement is not None], np.float64)
    used = [track for track in tracks if track.template is not None][:MAX_TRACKS]
    if len(used) < 2:
        return Separation(genuine, np.zeros(0), together=False)
    vectors = np.stack([track.template for track in used if track.template is not None])
    cosines = (vectors @ vectors.T).astype(np.float64)
    first, last = (np.array([getattr(track, name) for track in used]) for name in ("first", "last"))
    names = np.array([track.name or "" for track in used])
    pairs = np.triu(~((names[:, None] == names[None, :]) & (names[:, None] != "")), 1)
    overlap = pairs & (np.minimum(last[:, None], last) > np.maximum(first[:, None], first))
    together = int(overlap.sum()) >= MIN_PAIRS
    return Separation(genuine, cosines[overlap if together else pairs], together=together)
