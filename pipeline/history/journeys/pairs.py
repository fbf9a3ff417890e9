"""Pairs of passages that may show one person: how alike they are, and the way between them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pipeline.history.groups.pool import Pool, stack
from pipeline.history.journeys.passage import CameraKey, Passage
from pipeline.history.journeys.topology import UNDECIDED, Way, length_of
from recognizer.links import Links, link_looks
from recognizer.normalisation import Nearness

CLOCK_SECONDS = 2.0  # by which clocks of two nodes may differ
ROWS_AT_ONCE = 512


@dataclass(frozen=True, slots=True)
class Bounds:
    """Which passages may be of one person. overlapping: pairs of cameras that see one place, each in either order.

    longest: seconds between two tracks of one journey.
    """

    longest: float = 1800.0
    overlapping: Collection[frozenset[CameraKey]] = ()

    def seconds_between(self, first: Passage, second: Passage) -> float | None:
        """The time from the end of one to the begin of the one that begins later; negative: seen at one time, at
        cameras that overlap. None: nobody can be in both."""
        gap = second.begin - first.end
        if gap < 0 and frozenset((first.camera, second.camera)) in self.overlapping:
            return gap
        skew = CLOCK_SECONDS if first.camera.node != second.camera.node else 0.0
        return None if gap < -skew else max(gap, 0.0)


class Look(Protocol):
    """What a passage or a journey looks like, and its name, with the chance that a stranger gets it."""

    @property
    def pool(self) -> Pool: ...
    @property
    def person(self) -> str | None: ...
    @property
    def false_alarm(self) -> float: ...


@dataclass(frozen=True)
class Pairs:
    """Pairs of passages by their numbers. chances: that strangers are so alike, 1 for most of those who are not."""

    numbers: list[tuple[int, int]]
    ways: list[Way]
    chances: list[float]


class Likeness:
    """The chance that strangers are as alike as two tracks or journeys."""

    def __init__(self, links: Links) -> None:
        self.links = links
        self.least = links.least_score(UNDECIDED, others=1)

    def chance(self, first: Look, second: Look, score: float) -> float:
        """Of what they look like and of their name where both have the same; 1 where it is not small.

        score: of the two pools.
        """
        of_faces = self._of_faces(first.pool, second.pool, score)
        if first.person is None or first.person != second.person:
            return of_faces
        of_names = max(first.false_alarm, second.false_alarm)
        return min(1.0, 2 * min(of_faces, of_names))  # the better of two: Bonferroni

    def _of_faces(self, first: Pool, second: Pool, score: float) -> float:
        if score < self.least:
            return 1.0
        looks = link_looks(first.looks, second.looks)
        found = self.links.chance(score, min(first.px, second.px), looks, others=1)
        return found if found < UNDECIDED else 1.0


def pair_up(passages: Sequence[Passage], likeness: Likeness, bounds: Bounds) -> Pairs:
    """All pairs within the bounds that may be one person. passages: by their begin."""
    pairs = Pairs([], [], [])
    for first, second, score in _scored(passages, likeness.links, bounds.longest):
        one, other = passages[first], passages[second]
        seconds = bounds.seconds_between(one, other)
        if seconds is not None and not differ(one.person, other.person):
            pairs.numbers.append((first, second))
            pairs.ways.append(Way(one.camera, other.camera, length_of(seconds)))
            pairs.chances.append(likeness.chance(one, other, score))
    return pairs


def differ(first: str | None, second: str | None) -> bool:
    """Whether two names are those of two people."""
    return None not in (first, second) and first != second


def _scored(passages: Sequence[Passage], links: Links, longest: float) -> Iterator[tuple[int, int, float]]:
    """Pairs of which one begins before `longest` seconds after the end of the other, with their score."""
    vectors = stack([passage.pool for passage in passages], links.cohort.vectors.shape[1])
    near = links.nearness(vectors)
    begins, ends = (np.array([getattr(one, key) for one in passages]) for key in ("begin", "end"))
    for start in range(0, len(passages), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        last = int(np.searchsorted(begins, ends[rows].max() + longest, side="right"))
        columns = slice(start, last)
        scores = links.scores(vectors[rows], _part(near, rows), vectors[columns], _part(near, columns))
        close = begins[None, columns] - ends[rows, None] <= longest
        for first, second in zip(*np.nonzero(np.triu(close, 1)), strict=True):
            yield start + int(first), start + int(second), float(scores[first, second])


def _part(near: Nearness, rows: slice) -> Nearness:
    return Nearness(near.mean[rows], near.std[rows])
