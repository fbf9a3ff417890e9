"""Scores of people with other people's photographs, and what the rates above a threshold are, with intervals.

Comparisons of one person are not independent of each other: a face that resembles many is found many times. Intervals
(95 %) therefore draw people again, each with all comparisons (Efron and Tibshirani, An Introduction to the Bootstrap,
1993).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from detectors.arrays import Float32, Float64, Index, Mask
from recognizer.calibrate_reach import score
from recognizer.calibration import Calibration
from recognizer.load import Scoring

KEPT_RATE = 1e-3  # scores that the calibration gives to so many strangers, and higher ones, are kept
BLOCK = 1024  # templates compared at once
RESAMPLES = 200


@dataclass(frozen=True, slots=True)
class Matches:
    """The highest scores of one face height. probes, faces: the two people of each, (K,).  scores: (K,)."""

    probes: Index
    faces: Index
    scores: Float32

    def of(self, rows: Mask) -> "Matches":
        """Some of them, bool (K,)."""
        return Matches(self.probes[rows], self.faces[rows], self.scores[rows])


@dataclass(frozen=True, slots=True)
class Rate:
    """How many comparisons of two people reached the threshold. draws: the rate with people drawn again, (R,).

    independent: comparisons that have nothing in common but people, for the rule of three where none reached it.
    """

    matches: int
    compared: int
    value: float
    draws: Float64
    independent: float

    @property
    def interval(self) -> tuple[float, float]:
        """95 %; the rule of three where nothing was found."""
        if not self.matches:
            return 0.0, min(1.0, 3.0 / max(self.independent, 1.0))
        low, high = np.nanquantile(self.draws, (0.025, 0.975))
        return float(low), float(high)


def find_matches(views: Float32, faces: Float32, px: int, scoring: Scoring) -> Matches:
    """Compare everybody's view, (P,D), with everybody else's photograph, (P,D); the same row is the same person."""
    limit = scoring.calibration.threshold(px, 1, KEPT_RATE)
    near = scoring.cohort.nearness(faces) if scoring.cohort else None
    found: list[Matches] = []
    for start in range(0, len(views), BLOCK):
        scores = score(views[start : start + BLOCK], faces, scoring, near)
        rows = np.arange(len(scores))
        scores[rows, start + rows] = -np.inf
        probes, others = np.nonzero(scores >= limit)
        found.append(Matches(probes + start, others, scores[probes, others]))
    return Matches(
        np.concatenate([one.probes for one in found]),
        np.concatenate([one.faces for one in found]),
        np.concatenate([one.scores for one in found]),
    )


@dataclass(frozen=True)
class Counter:
    """Counts the matches of a recogniser in groups of people. found: by face height.

    draws: how often each person is drawn, (R,P).
    """

    calibration: Calibration
    found: Mapping[int, Matches]
    draws: Float32

    def rate(
        self,
        probes: Mask,
        faces: Mask,
        asked: float,
        *,
        sizes: tuple[int, ...] = (),
        weights: Float32 | None = None,
    ) -> Rate:
        """Of `probes` (P,) with photographs of `faces` (P,), at the threshold for a rate of one comparison.

        sizes: face heights; all of them without any.  weights: of people (P,), where some count more than others.
        """
        key = (probes.tobytes(), faces.tobytes(), asked, sizes, weights is None)
        if key not in self._known:
            self._known[key] = self._rate(probes, faces, asked, sizes or tuple(self.found), weights)
        return self._known[key]

    def _rate(self, probes: Mask, faces: Mask, asked: float, chosen: tuple[int, ...], weights: Float32 | None) -> Rate:
        one = np.ones(len(probes), np.float32) if weights is None else weights
        rows, columns = one * probes, one * faces
        both = float(rows.sum(dtype=float) * columns.sum(dtype=float) - (rows * columns).sum(dtype=float)) * len(chosen)
        twice = self._squares @ (rows * columns)
        drawn = ((self.draws @ rows).astype(float) * (self.draws @ columns) - twice) * len(chosen)
        total, hits, count = 0.0, np.zeros(len(self.draws)), 0
        for px in chosen:
            match = self.found[px]
            match = match.of(match.scores >= self.calibration.threshold(px, 1, asked))
            match = match.of(probes[match.probes] & faces[match.faces])
            each = rows[match.probes] * columns[match.faces]
            total, count = total + float(each.sum()), count + len(each)
            hits += each.astype(float) @ (self._by_person[match.probes] * self._by_person[match.faces])
        compared = round(float(probes.sum()) * float(faces.sum()) - float((probes & faces).sum()))
        shared = bool((probes & faces).any())
        return Rate(
            matches=count,
            compared=compared * len(chosen),
            value=total / both if both else 0.0,
            draws=hits / np.maximum(drawn, 1e-9),
            independent=compared / 2 if shared else float(compared),
        )

    @cached_property
    def _known(self) -> dict[tuple[bytes, bytes, float, tuple[int, ...], bool], Rate]:
        """Rates that were counted already; all weights of a measurement are the same."""
        return {}

    @cached_property
    def _squares(self) -> Float32:
        return self.draws**2

    @cached_property
    def _by_person(self) -> Float32:
        return np.ascontiguousarray(self.draws.T)


def draw_people(strata: Index) -> Float32:
    """How often everybody is drawn when each stratum (P,) is drawn again by itself, (R,P)."""
    random = np.random.default_rng(0)
    draws = np.zeros((RESAMPLES, len(strata)), np.float32)
    for stratum in np.unique(strata):
        rows = np.flatnonzero(strata == stratum)
        draws[:, rows] = random.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), RESAMPLES)
    return draws
