"""Who is named right and who falsely from far: at one rate of strangers, and by the shipped rule of decision."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from detectors.arrays import Image
from distill.site.pictures import read_looks
from distill.site.visitors import Look
from recognizer.base import Readings, Recognizer, State
from recognizer.decide import DecisionRule, decide
from recognizer.evidence import Evidence
from recognizer.gallery.index import GalleryIndex
from recognizer.lengths import length_weight
from recognizer.load import Scoring
from recognizer.population import embed_enrolled
from recognizer.quality import size_weight

UP_TO_PX = (16.0, 20.0, 24.0, 28.0)
STRANGERS_NAMED = 0.05  # of the strangers, at the threshold that both recognisers are compared at
RULE = DecisionRule()


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of one track. nearest: number of the nearest enrolled person, and its score, -1 before any look.

    named: the number that the rule of decision gives; None: it names nobody.
    """

    nearest: int
    score: float
    named: int | None


class Watch:
    """A recogniser with its thresholds and the enrolled people of a site, who are known by number."""

    def __init__(self, recognizer: Recognizer, scoring: Scoring, enrolled: Sequence[Image]) -> None:
        vectors = embed_enrolled(recognizer, list(enrolled))
        names = [f"{row:05d}" for row in range(len(enrolled))]
        self._index = GalleryIndex(recognizer.model_id, vectors, names, cohort=scoring.cohort)
        self._recognizer, self._calibration = recognizer, scoring.calibration

    def find(self, tracks: Sequence[Sequence[Look]], up_to_px: Sequence[float]) -> list[list[Found]]:
        """What is found of each track while the face has been so large at most, for each of these heights."""
        far = [[look for look in looks if look.px <= max(up_to_px)] for looks in tracks]
        readings = read_looks(self._recognizer, [look for looks in far for look in looks])
        ends = np.cumsum([0, *map(len, far)])
        own = [Readings(readings.vectors[a:b], readings.lengths[a:b]) for a, b in pairwise(ends)]
        return [[self._find(*pair, px) for pair in zip(far, own, strict=True)] for px in up_to_px]

    def _find(self, looks: Sequence[Look], readings: Readings, up_to_px: float) -> Found:
        evidence = self._pool(looks, readings, up_to_px)
        if not len(evidence):
            return Found(0, -1.0, None)
        scores = self._index.search(evidence.template()[None]).scores[0]
        decision = decide(evidence, self._index, RULE, self._calibration)
        named = int(str(decision.person)) if decision.state is State.NAMED else None
        return Found(int(scores.argmax()), float(scores.max()), named)

    def _pool(self, looks: Sequence[Look], readings: Readings, up_to_px: float) -> Evidence:
        evidence = Evidence()
        for look, vector, length in zip(looks, readings.vectors, readings.lengths, strict=True):
            if look.px <= up_to_px:
                weight = size_weight(look.px) * length_weight(self._calibration.lengths, float(length), look.px)
                evidence.add(np.asarray(vector), weight=weight, face_px=look.px, time=look.time)
        return evidence


def threshold(strangers: Sequence[Found]) -> float:
    """The score that STRANGERS_NAMED of the strangers exceed."""
    return float(np.quantile([found.score for found in strangers], 1 - STRANGERS_NAMED))


def right_at(tracks: Sequence[Found], first: int, least: float) -> int:
    """How many tracks exceed a score with their own person; the first track shows person `first`."""
    return sum(one.nearest == first + row and one.score > least for row, one in enumerate(tracks))


def right_by_rule(tracks: Sequence[Found], first: int) -> int:
    """How many tracks the rule names right."""
    return sum(one.named == first + row for row, one in enumerate(tracks))


def wrong_by_rule(tracks: Sequence[Found], first: int | None) -> int:
    """How many tracks the rule names wrong; of strangers (None), every name is."""
    named = [(row, one.named) for row, one in enumerate(tracks) if one.named is not None]
    return sum(first is None or number != first + row for row, number in named)
