"""Searches the past: a person, a photograph or a track against every template kept.

A score says little by itself: small faces and few crops make strangers alike. Each template is therefore ranked by the
chance that a stranger's template of its size and looks reaches its score with any face that is sought (the
calibration's measured tails). Times the number of templates that is how many strangers would rank as high in this
history by chance alone.
"""

import heapq
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from detectors.arrays import Float32
from pipeline.history.reader import HistoryReader, Templates, TrackRow
from recognizer.calibration import Calibration, over_comparisons, per_comparison
from recognizer.gallery.index import GalleryIndex
from recognizer.normalisation import Cohort

SIZES_PER_OCTAVE = 8  # steps in which thresholds are looked up before the exact chance
LOOKS_STEPS = 16
SLACK = 0.02  # of a score, for what those steps lose
MAX_CHANCE = 0.5


@dataclass(frozen=True, slots=True)
class Sought:
    """Whom to search for. vectors: unit rows float32 (F,D) of one person.

    px, looks: of a track that is sought, whose template may be worse than those it is compared with; photographs are
    sharp, and the calibration was measured with them.  skip: a track to leave out.
    """

    vectors: Float32
    px: float = math.inf
    looks: float = math.inf
    skip: int | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A track that may show the person. score: on the scale of cosines.

    chance: that one stranger's template like this one reaches the score.  strangers: how many of this history's
    templates would be expected to rank as high if all were of strangers.
    """

    track: TrackRow
    score: float
    chance: float
    strangers: float
    looks: float
    pooled_px: float


@dataclass(frozen=True, slots=True)
class Found:
    """The result of a search. hits: the surest first.  compared: templates.  others: those of other models."""

    hits: list[Hit]
    compared: int
    others: int


def search(
    history: HistoryReader,
    sought: Sought,
    calibration: Calibration,
    cohort: Cohort | None = None,
    *,
    max_strangers: float = 1.0,
    limit: int = 50,
) -> Found:
    """Compare whom is sought with all templates of the calibration's model.

    max_strangers: leave out what so many strangers would reach.  limit: of hits.
    Raises ValueError for vectors that do not fit the templates, and like `Database`.
    """
    models = history.models()
    compared = models.get(calibration.model_id, 0)
    index = GalleryIndex(calibration.model_id, sought.vectors, [""] * len(sought.vectors), cohort=cohort)
    chances = _Chances(calibration, len(sought.vectors), min(max_strangers / max(compared, 1), MAX_CHANCE))
    candidates = (
        candidate
        for templates in history.templates(calibration.model_id)
        for candidate in _compare(templates, index, sought, chances)
    )
    best = heapq.nsmallest(limit, candidates, key=lambda candidate: (candidate.chance, -candidate.score))
    rows = history.by_id([candidate.track for candidate in best])
    hits = [
        Hit(rows[one.track], one.score, one.chance, one.chance * compared, one.looks, one.px)
        for one in best
        if one.track in rows
    ]
    return Found(hits, compared, sum(models.values()) - compared)


def sought_track(history: HistoryReader, track: int, model_id: str) -> Sought:
    """A track to search for. Raises ValueError where there is no such track, or no template of it of this model."""
    templates = history.template(track, model_id)
    if templates is None:
        there = "no template of this recogniser is kept of it" if history.track(track) else "there is no such track"
        raise ValueError(f"track {track}: expected one with a template, but {there}")
    return Sought(templates.vectors, templates.pooled_px[0], templates.looks[0], skip=track)


@dataclass(frozen=True, slots=True)
class _Candidate:
    track: int
    score: float
    chance: float
    px: float
    looks: float


class _Chances:
    """What strangers reach, against `faces` faces at once. max_chance: that is asked for."""

    def __init__(self, calibration: Calibration, faces: int, max_chance: float) -> None:
        self._calibration, self._faces, self.max_chance = calibration, faces, max_chance
        self._thresholds: dict[tuple[int, int], float] = {}

    def threshold(self, px: float, looks: float) -> float:
        """A score that all templates reach whose chance is at most `max_chance`; most others do not reach it."""
        size, share = round(SIZES_PER_OCTAVE * math.log2(max(px, 1.0))), round(LOOKS_STEPS / max(looks, 1.0))
        if (size, share) not in self._thresholds:
            rate = per_comparison(self.max_chance, self._faces)
            middle = 2 ** (size / SIZES_PER_OCTAVE), LOOKS_STEPS / max(share, 0.5)
            self._thresholds[size, share] = self._calibration.threshold(*middle, rate) - SLACK
        return self._thresholds[size, share]

    def chance(self, px: float, looks: float, score: float) -> float:
        """The chance that a stranger's template reaches a score."""
        return over_comparisons(self._calibration.rate(px, looks, score), self._faces)


def _compare(templates: Templates, index: GalleryIndex, sought: Sought, chances: _Chances) -> Iterator[_Candidate]:
    """The templates of a page that are sure enough."""
    scores = index.search(templates.vectors).scores[:, 0]
    sizes = _at_most(templates.pooled_px, sought.px)
    looks = _at_most(templates.looks, sought.looks)
    thresholds = [chances.threshold(px, count) for px, count in zip(sizes, looks, strict=True)]
    for row in np.flatnonzero(scores >= np.array(thresholds)):
        track, score, px, count = templates.tracks[row], float(scores[row]), sizes[row], looks[row]
        chance = chances.chance(px, count, score)
        if chance <= chances.max_chance and track != sought.skip:
            yield _Candidate(track, score, chance, px, count)


def _at_most(values: Sequence[float], limit: float) -> list[float]:
    return [min(value, limit) for value in values]
