"""Who comes to a made site: visitors, those of them who come again, people who are enrolled and new, and strangers.

No two sites share anybody, and no student has learnt from these people. Every visit shows another photograph.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from detectors.arrays import Image

VISITORS = (240, 60, 100)  # who are learnt from, choose and measure: 60, 15 and 25 % of them, one group after another
AGAIN = (60, 40, 100)  # of these, so many come on a second day
REGULARS, NEWCOMERS, STRANGERS = 60, 120, 500


@dataclass(frozen=True, slots=True)
class Cast:
    """Aligned pictures BGR uint8 (112,112,3) of the people of one site.

    visitors: by group (VISITORS), a picture of each visit.  regulars: pictures of enrolment and of a later visit of
    visitors who were learnt from.  newcomers: the same of people who were not there before.  strangers: one each, not
    enrolled.
    """

    visitors: list[list[tuple[Image, ...]]]
    regulars: list[tuple[Image, Image]]
    newcomers: list[tuple[Image, Image]]
    strangers: list[Image]


class Agency:
    """Hands out people, each once. people: pictures by name."""

    def __init__(self, people: Mapping[str, Sequence[Image]]) -> None:
        names = sorted(people)
        self._people, self._names = people, {count: [n for n in names if _kind(people[n]) == count] for count in KINDS}
        self.shuffle(11)

    def shuffle(self, seed: int) -> None:
        """Another order of those who are left."""
        random = np.random.default_rng(seed)
        self._names = {kind: [own[row] for row in random.permutation(len(own))] for kind, own in self._names.items()}

    def take(self, count: int, *kinds: int) -> list[Sequence[Image]]:
        """The pictures of people who have as many as one of these kinds, the first kind first. Raises ValueError."""
        taken: list[str] = []
        for kind in kinds:
            found, self._names[kind] = self._names[kind][: count - len(taken)], self._names[kind][count - len(taken) :]
            taken += found
        if len(taken) < count:
            least = min(kinds)
            raise ValueError(f"data: expected {count} more people with {least} or more pictures, got {len(taken)}")
        return [self._people[name] for name in taken]


KINDS = (1, 2, 3)  # pictures of somebody; 3: or more


def _kind(pictures: Sequence[Image]) -> int:
    return min(len(pictures), KINDS[-1])


def cast_sites(
    people: Mapping[str, Sequence[Image]], sites: int, *, share: float = 1.0, seed: int | None = None
) -> list[Cast]:
    """The casts of so many sites. share: of the usual numbers.  seed: of all sites but the first, on which settings are
    chosen: its people are always the same and are on no other one. Raises ValueError where there are too few people."""
    agency = Agency(people)
    casts = [_cast(agency, share)]
    if seed is not None:
        agency.shuffle(seed)
    return casts + [_cast(agency, share) for _ in range(sites - 1)]


def _cast(agency: Agency, share: float) -> Cast:
    def scaled(count: int) -> int:
        return round(share * count)

    regulars = agency.take(scaled(REGULARS), 3)
    newcomers = agency.take(scaled(NEWCOMERS), 2, 3)
    visitors: list[list[tuple[Image, ...]]] = []
    for group, (count, again) in enumerate(zip(VISITORS, AGAIN, strict=True)):
        own = [(one[0],) for one in regulars] if group == 0 else []
        twice = [(one[0], one[1]) for one in agency.take(scaled(again), 2, 3)]
        once = [(one[0],) for one in agency.take(scaled(count) - scaled(again) - len(own), 1, 2, 3)]
        come = [*own, *twice, *once]
        visitors.append([come[row] for row in np.random.default_rng(len(come)).permutation(len(come))])
    strangers = [one[0] for one in agency.take(scaled(STRANGERS), 1, 2, 3)]
    return Cast(visitors, [(p[1], p[2]) for p in regulars], [(p[0], p[1]) for p in newcomers], strangers)
