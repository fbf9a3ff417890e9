"""Who comes to a made site: visitors, those of them who come again, people who are enrolled and new, and strangers.

No two sites share anybody, and no student has learnt from these people.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from detectors.arrays import Image

VISITORS, REGULARS, NEWCOMERS, STRANGERS = 400, 60, 120, 150
LEARNT_FIRST = 200  # visitors who come so early that they are surely learnt from; regulars are among them


@dataclass(frozen=True, slots=True)
class Cast:
    """Aligned pictures BGR uint8 (112,112,3) of the people of one site.

    visitors: one each, in the order of their visit.  regulars: pictures of enrolment and of a later visit of visitors
    who were learnt from.  newcomers: the same of people who were not there before.  strangers: one each, not enrolled.
    """

    visitors: list[Image]
    regulars: list[tuple[Image, Image]]
    newcomers: list[tuple[Image, Image]]
    strangers: list[Image]


def cast_sites(people: Mapping[str, Sequence[Image]], sites: int, *, share: float = 1.0) -> list[Cast]:
    """The casts of so many sites. share: of the usual numbers. Raises ValueError where there are too few people."""
    names = [sorted(people)[row] for row in np.random.default_rng(11).permutation(len(people))]
    pools = {
        3: [name for name in names if len(people[name]) >= 3],
        2: [name for name in names if len(people[name]) == 2],
        1: [name for name in names if len(people[name]) == 1],
    }
    return [_cast(people, pools, share) for _ in range(sites)]


def _cast(people: Mapping[str, Sequence[Image]], pools: dict[int, list[str]], share: float) -> Cast:
    counts = [round(share * count) for count in (VISITORS, REGULARS, NEWCOMERS, STRANGERS)]
    visitors, regulars, newcomers, strangers = counts
    again = [people[name] for name in _take(pools, regulars, (3,))]
    new = [people[name] for name in _take(pools, newcomers, (2, 3))]
    others = [people[name][0] for name in _take(pools, visitors - regulars + strangers, (1, 2, 3))]
    first = [pictures[0] for pictures in again] + others[: round(share * LEARNT_FIRST) - regulars]
    order = np.random.default_rng(len(pools[1])).permutation(len(first))
    come = [first[row] for row in order] + others[len(first) - regulars : visitors - regulars]
    return Cast(come, [(p[1], p[2]) for p in again], [(p[0], p[1]) for p in new], others[visitors - regulars :])


def _take(pools: dict[int, list[str]], count: int, kinds: Sequence[int]) -> list[str]:
    """Names that nobody has taken yet, of people with so many pictures, in this order of kinds."""
    taken: list[str] = []
    for kind in kinds:
        found, pools[kind] = pools[kind][: count - len(taken)], pools[kind][count - len(taken) :]
        taken += found
    if len(taken) < count:
        raise ValueError(f"data: expected {count} more people with {min(kinds)} or more pictures, got {len(taken)}")
    return taken
