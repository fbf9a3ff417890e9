"""Groups the strangers of a run by likeness, so that one who came three times is seen as one.

Templates stay in memory for the page. They are biometric data, and nothing of them is written.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from detectors.arrays import Float32, Float64
from pipeline.sinks.report.records import TrackRecord
from recognizer.base import State
from recognizer.calibration import Calibration, per_comparison
from recognizer.evidence import Evidence
from recognizer.gallery.index import GalleryIndex
from recognizer.normalisation import Cohort

MAX_FACES = 300
FALSE_ALARM = 0.001
"""Chance that any two strangers of a page are put together, as far as the calibration holds for two small faces."""


@dataclass(frozen=True, slots=True)
class PooledFace:
    """A track's template, a unit vector float32 (D,); the height of its faces in pixels; and `Evidence.looks`."""

    template: Float32
    px: float
    looks: float

    @staticmethod
    def of(pool: Evidence) -> "PooledFace":
        return PooledFace(pool.template(), pool.pooled_px, pool.looks)


GroupFn = Callable[[Sequence[PooledFace], Sequence[tuple[int, int]]], list[list[int]]]
"""Faces, and pairs of them that cannot be one person, to groups of their positions."""


class StrangerFaces:
    """Keeps the templates of tracks without a name, of at most `MAX_FACES` ended ones those with the largest faces."""

    def __init__(self, group: GroupFn | None) -> None:
        self._group = group
        self._open: dict[tuple[str, int], Evidence] = {}
        self._ended: dict[tuple[str, int], PooledFace] = {}

    def see(self, camera: str, pooled: Mapping[int, Evidence]) -> None:
        """Note the pools of the tracks that are in view."""
        if self._group:
            self._open.update({(camera, number): pool for number, pool in pooled.items()})

    def end(self, record: TrackRecord) -> None:
        """Keep the template of a track that has ended without a name, and of the others nothing."""
        key = (record.camera, record.track)
        pool = self._open.pop(key, None)
        if pool is None or record.state is not State.UNKNOWN:
            return
        self._ended[key] = PooledFace.of(pool)
        if len(self._ended) > MAX_FACES:
            del self._ended[min(self._ended, key=lambda other: self._ended[other].px)]

    def groups(self, records: Sequence[TrackRecord]) -> list[list[TrackRecord]]:
        """Strangers of two tracks and more, those with the most tracks first."""
        faces = self._ended | {key: PooledFace.of(pool) for key, pool in self._open.items()}
        shown = [record for record in records if record.state is State.UNKNOWN]
        shown = [record for record in shown if (record.camera, record.track) in faces][:MAX_FACES]
        if self._group is None or len(shown) < 2:
            return []
        found = self._group([faces[record.camera, record.track] for record in shown], _together(shown))
        several = [[shown[position] for position in group] for group in found if len(group) > 1]
        return sorted(several, key=lambda group: -len(group))


def group_alike(
    faces: Sequence[PooledFace],
    apart: Sequence[tuple[int, int]],
    *,
    calibration: Calibration,
    cohort: Cohort | None = None,
) -> list[list[int]]:
    """Agglomerative grouping with complete linkage: in a group, every two faces reach the calibrated threshold.

    The threshold is that of the harder of the two faces. Calibrations measure a photograph against a track; two tracks
    were not measured, so a group says "probably".

    apart: pairs of positions that are never put together. Returns groups of positions in order, singles too.
    """
    templates = np.stack([face.template for face in faces])
    names = [f"{number:06d}" for number in range(len(faces))]  # in sorted order, as the index sorts its people
    scores = GalleryIndex(calibration.model_id, templates, names, cohort=cohort).search(templates).scores
    rate = per_comparison(FALSE_ALARM, len(faces) * (len(faces) - 1) // 2)
    needed = np.array([calibration.threshold(face.px, face.looks, rate) for face in faces])
    surplus = 0.5 * (scores + scores.T) - np.maximum(needed[:, None], needed[None, :])
    for one, other in apart:
        surplus[one, other] = surplus[other, one] = -np.inf
    return _link(surplus)


def _link(surplus: Float64) -> list[list[int]]:
    """Merge the two groups whose worst pair is best, until none is above 0. surplus: (N,N), symmetric."""
    links = surplus.copy()
    np.fill_diagonal(links, -np.inf)
    groups = {number: [number] for number in range(len(links))}
    while len(groups) > 1:
        one, other = sorted(divmod(int(np.argmax(links)), len(links)))
        if not links[one, other] >= 0:
            break
        groups[one] = sorted(groups[one] + groups.pop(other))
        links[one] = links[:, one] = np.minimum(links[one], links[other])
        links[other] = links[:, other] = links[one, one] = -np.inf
    return list(groups.values())


def _together(records: Sequence[TrackRecord]) -> list[tuple[int, int]]:
    """Pairs of tracks that one camera saw at the same time: two people."""
    return [
        (first, second)
        for second, later in enumerate(records)
        for first, earlier in enumerate(records[:second])
        if earlier.camera == later.camera and earlier.first < later.last and later.first < earlier.last
    ]
