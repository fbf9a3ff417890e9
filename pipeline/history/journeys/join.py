"""Puts passages together into journeys: the surest first, until none is sure enough."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from pipeline.history.groups.pool import Pool, stack
from pipeline.history.journeys.pairs import Bounds, Likeness, differ, pair_up
from pipeline.history.journeys.passage import Passage
from pipeline.history.journeys.topology import Way, learn, length_of
from recognizer.links import Links
from recognizer.normalisation import Nearness


@dataclass(frozen=True)
class Journey:
    """Passages of one person, by their begin. pool: what all of them look like.  probability: that they are one."""

    passages: tuple[Passage, ...]
    pool: Pool
    probability: float = 1.0

    @cached_property
    def person(self) -> str | None:
        """The name of somebody enrolled that one of the tracks has; None: none has one."""
        return next((passage.person for passage in self.passages if passage.person), None)

    @property
    def false_alarm(self) -> float:
        """The chance that a stranger gets this name, by the track that is surest."""
        return min(passage.false_alarm for passage in self.passages)

    def with_other(self, other: "Journey", probability: float) -> "Journey":
        """Both as one. probability: that they are one person."""
        passages = sorted((*self.passages, *other.passages), key=_order)
        all_right = probability * self.probability * other.probability
        return Journey(tuple(passages), self.pool + other.pool, all_right)


def join(passages: Sequence[Passage], links: Links, bounds: Bounds, *, least: float) -> list[Journey]:
    """Every passage in one journey, by the begin of its first.

    passages: by their begin.  least: probability from which two parts are joined.
    """
    return _Joining(passages, Likeness(links), bounds, least).run()


class _Joining:
    """One run. A journey that grew gets a number of its own; what waits for its parts is out of date."""

    def __init__(self, passages: Sequence[Passage], likeness: Likeness, bounds: Bounds, least: float) -> None:
        self._likeness, self._bounds, self._least = likeness, bounds, least
        pairs = pair_up(passages, likeness, bounds)
        self._topology = learn(pairs.ways, np.array(pairs.chances, np.float64))
        self._journeys = {number: Journey((one,), one.pool) for number, one in enumerate(passages)}
        self._beside: dict[int, set[int]] = {number: set() for number in self._journeys}
        self._looks = _Looks([one.pool for one in passages], likeness)
        self._heap: list[tuple[float, int, int]] = []
        for (first, second), way, chance in zip(pairs.numbers, pairs.ways, pairs.chances, strict=True):
            self._beside[first].add(second)
            self._beside[second].add(first)
            self._offer(first, second, [way], chance)

    def run(self) -> list[Journey]:
        while self._heap:
            unsure, first, second = heapq.heappop(self._heap)
            if first in self._journeys and second in self._journeys:
                self._replace(first, second, 1 + unsure)
        return sorted(self._journeys.values(), key=lambda journey: _order(journey.passages[0]))

    def _offer(self, first: int, second: int, ways: Sequence[Way], chance: float) -> None:
        """Note that two may be joined, where one of the ways between them makes that sure enough."""
        if chance < 1 and ways:
            probability = max(self._topology.probability(chance, way) for way in ways)
            if probability >= self._least:
                heapq.heappush(self._heap, (probability - 1, first, second))

    def _replace(self, first: int, second: int, probability: float) -> None:
        journey = self._journeys.pop(first).with_other(self._journeys.pop(second), probability)
        number = self._looks.add(journey.pool)
        beside = (self._beside.pop(first) | self._beside.pop(second)) & self._journeys.keys()
        self._journeys[number], self._beside[number] = journey, beside
        for neighbour in beside:
            self._beside[neighbour].add(number)
        for neighbour, score in self._looks.scores(number, sorted(beside)):
            other = self._journeys[neighbour]
            if score >= self._likeness.least or journey.person == other.person is not None:
                ways = list(_steps(journey, other, self._bounds))
                self._offer(number, neighbour, ways, self._likeness.chance(journey, other, score))


class _Looks:
    """What journeys look like, by their numbers, so that one is compared with many at once."""

    def __init__(self, pools: Sequence[Pool], likeness: Likeness) -> None:
        self._links, self._count = likeness.links, len(pools)
        dim = self._links.cohort.vectors.shape[1]
        self._vectors = np.zeros((2 * len(pools), dim), np.float32)  # each join ends two and begins one
        self._vectors[: len(pools)] = stack(pools, dim)
        near = self._links.nearness(self._vectors)
        self._near = Nearness(near.mean.copy(), near.std.copy())

    def add(self, pool: Pool) -> int:
        """Returns the number of one more."""
        number, self._count = self._count, self._count + 1
        near = self._links.nearness(pool.vector[None])
        self._vectors[number], self._near.mean[number], self._near.std[number] = pool.vector, near.mean[0], near.std[0]
        return number

    def scores(self, number: int, others: list[int]) -> Iterator[tuple[int, float]]:
        """Each of the others with its score."""
        one, near = self._vectors[number : number + 1], self._of([number])
        found = self._links.scores(one, near, self._vectors[others], self._of(others))
        return zip(others, map(float, found[0]), strict=True)

    def _of(self, numbers: list[int]) -> Nearness:
        return Nearness(self._near.mean[numbers], self._near.std[numbers])


def _steps(one: Journey, other: Journey, bounds: Bounds) -> Iterator[Way]:
    """The ways from a track of one to the next, which is of the other; none where they cannot be one person."""
    if differ(one.person, other.person):
        return
    ordered = sorted(
        [(passage, True) for passage in one.passages] + [(passage, False) for passage in other.passages],
        key=lambda entry: _order(entry[0]),
    )
    if any(
        bounds.seconds_between(first, second) is None
        for index, (first, _) in enumerate(ordered)
        for second, _ in ordered[index + 1 :]
    ):
        return
    for (first, of_one), (second, of_other) in pairwise(ordered):
        seconds = bounds.seconds_between(first, second)
        if of_one != of_other and seconds is not None and seconds <= bounds.longest:
            yield Way(first.camera, second.camera, length_of(seconds))


def _order(passage: Passage) -> tuple[float, int]:
    return passage.begin, passage.track
