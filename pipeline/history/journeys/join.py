"""Puts passages together into journeys: the surest first, until none is sure enough."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from pipeline.history.groups.pool import Pool
from pipeline.history.journeys.pairs import Bounds, Likeness, differ, pair_up
from pipeline.history.journeys.passage import Passage
from pipeline.history.journeys.topology import Way, learn, length_of
from recognizer.links import Links


@dataclass(frozen=True)
class Journey:
    """Passages of one person, by their begin. probability: that all of them are."""

    passages: tuple[Passage, ...]
    probability: float = 1.0

    @property
    def person(self) -> str | None:
        """The name of somebody enrolled that one of the tracks has; None: none has one."""
        return next((passage.person for passage in self.passages if passage.person), None)

    @property
    def false_alarm(self) -> float:
        """The chance that a stranger gets this name, by the track that is surest."""
        return min(passage.false_alarm for passage in self.passages)

    @property
    def pool(self) -> Pool:
        """What all its tracks look like together."""
        whole = self.passages[0].pool
        for passage in self.passages[1:]:
            whole += passage.pool
        return whole


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
        self._journeys: dict[int, Journey] = {number: Journey((one,)) for number, one in enumerate(passages)}
        self._beside: dict[int, set[int]] = {number: set() for number in self._journeys}
        self._heap: list[tuple[float, int, int]] = []
        self._next = len(passages)
        for (first, second), way, chance in zip(pairs.numbers, pairs.ways, pairs.chances, strict=True):
            self._beside[first].add(second)
            self._beside[second].add(first)
            if chance < 1:
                self._offer(first, second, self._topology.probability(chance, way))

    def run(self) -> list[Journey]:
        while self._heap:
            lost, first, second = heapq.heappop(self._heap)
            if first in self._journeys and second in self._journeys:
                self._replace(first, second, 1 + lost)
        return sorted(
            self._journeys.values(), key=lambda journey: (journey.passages[0].begin, journey.passages[0].track)
        )

    def _offer(self, first: int, second: int, probability: float) -> None:
        """Note that two may be joined, where that is sure enough and they can be one person."""
        one, other = self._journeys[first], self._journeys[second]
        if probability >= self._least and list(_steps(one, other, self._bounds)):
            heapq.heappush(self._heap, (probability - 1, first, second))

    def _replace(self, first: int, second: int, probability: float) -> None:
        one, other = self._journeys.pop(first), self._journeys.pop(second)
        passages = sorted((*one.passages, *other.passages), key=_order)
        journey = Journey(tuple(passages), probability * one.probability * other.probability)
        number, self._next = self._next, self._next + 1
        self._journeys[number] = journey
        self._beside[number] = (self._beside.pop(first) | self._beside.pop(second)) & self._journeys.keys()
        for neighbour in list(self._beside[number]):
            self._beside[neighbour] = (self._beside[neighbour] - {first, second}) | {number}
            self._compare(number, neighbour)

    def _compare(self, first: int, second: int) -> None:
        one, other = self._journeys[first], self._journeys[second]
        steps = list(_steps(one, other, self._bounds))
        if steps:
            chance = self._likeness.chance(one, other)
            self._offer(first, second, max(self._topology.probability(chance, way) for way in steps))


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
