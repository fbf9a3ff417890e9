"""When who comes to which camera. Nobody returns within an hour, and a camera shows one visit at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.shop_day.cast import Shopper

CAMERAS = ("door", "till", "aisle", "stairs", "yard", "lift")
SECONDS_AWAY = 3600.0
SPACING_SECONDS = 15.0  # between two visits to a camera
TOGETHER = 0.12  # share of visits that somebody else joins


@dataclass(frozen=True)
class Appearance:
    """One person who comes. number: their visit, from 0."""

    shopper: Shopper
    number: int

    @property
    def is_repeated(self) -> bool:
        """Whether the photograph of the first visit is shown again."""
        return self.number > 0 and self.shopper.looks[self.number] is self.shopper.looks[0]


@dataclass(frozen=True)
class Visit:
    """What one camera sees from `at` on, seconds after opening. people: who is in it, or nobody known: `video`."""

    at: float
    camera: str
    people: tuple[Appearance, ...]
    video: str = ""


def plan_day(cast: Sequence[Shopper], videos: Sequence[str], seconds: float, *, seed: int) -> list[Visit]:
    """All visits by time. videos: of crowds, each shown once in the first four fifths of the day."""
    random = np.random.default_rng(seed)
    wanted = [
        (moment, (Appearance(shopper, number),))
        for shopper in cast
        for number, moment in enumerate(_moments(len(shopper.looks), seconds, random))
    ]
    wanted.sort(key=lambda one: one[0])
    crowds = [Visit(float(random.uniform(0, 0.8 * seconds)), "", (), video) for video in videos]
    visits = [Visit(moment, "", people) for moment, people in _join(wanted, random)] + crowds
    return _place(sorted(visits, key=lambda visit: visit.at), random)


def _moments(count: int, seconds: float, random: np.random.Generator) -> list[float]:
    """When one person comes: random moments, an hour and more apart; in a short day a fifth of the day."""
    apart = min(SECONDS_AWAY, seconds / 5)
    room = seconds * 0.995 - apart * (count - 1)
    return [float(moment) + apart * number for number, moment in enumerate(np.sort(random.uniform(0, room, count)))]


Wanted = tuple[float, tuple[Appearance, ...]]


def _join(wanted: Sequence[Wanted], random: np.random.Generator) -> list[Wanted]:
    """Some come together with whoever would have come next."""
    joined: list[Wanted] = []
    for moment, people in wanted:
        if joined and len(joined[-1][1]) == 1 and random.random() < TOGETHER and joined[-1][1][0] != people[0]:
            joined[-1] = (joined[-1][0], joined[-1][1] + people)
        else:
            joined.append((moment, people))
    return joined


def _place(visits: Sequence[Visit], random: np.random.Generator) -> list[Visit]:
    """Give each visit a camera, and move it back where that is taken."""
    free = dict.fromkeys(CAMERAS, 0.0)
    placed = []
    for visit in visits:
        camera = str(random.choice(CAMERAS))
        at = round(max(visit.at, free[camera]), 1)
        free[camera] = at + SPACING_SECONDS
        placed.append(Visit(at, camera, visit.people, visit.video))
    return sorted(placed, key=lambda visit: visit.at)
