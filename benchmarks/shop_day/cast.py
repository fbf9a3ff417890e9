"""Who comes to the shop: enrolled people, strangers, and those of them who return.

No photograph is used twice, unless returns are asked to show the photograph of the first visit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from detectors.arrays import Image

ENROLLED_VISITS = 2


@dataclass(frozen=True)
class Size:
    """How many people a day has. returning: of the strangers.  later: of those, people enrolled at the day's end.

    watched: of the enrolled, people on the watch-list.
    """

    enrolled: int = 30
    strangers: int = 200
    returning: int = 40
    later: int = 5
    watched: int = 5


@dataclass(frozen=True)
class Shopper:
    """One person. photo: the chip to enrol before the day, None for a stranger.  looks: a chip for each visit.

    later: the chip to enrol at the end of the day, None for most; chips are BGR uint8 (112,112,3).
    """

    name: str
    photo: Image | None
    looks: tuple[Image, ...]
    later: Image | None = None

    @property
    def is_enrolled(self) -> bool:
        """Whether the shop knows them before the day."""
        return self.photo is not None


def draw_cast(
    faces: Mapping[str, Sequence[Image]], size: Size, *, seed: int, one_photograph: bool = False
) -> list[Shopper]:
    """Draw everybody, the enrolled first. Raises ValueError where too few people have enough photographs.

    one_photograph: strangers who return show the photograph of their first visit again.
    """
    random = np.random.default_rng(seed)
    left = [name for name in sorted(faces)]
    random.shuffle(left)
    cast: list[Shopper] = []
    for number in range(size.returning):  # they need the most photographs
        is_later = number < size.later
        visits = 3 if is_later else 2 + number % 2
        pictures = _take(left, faces, visits + is_later, random)
        later = pictures[visits] if is_later else None
        looks = pictures[:1] * visits if one_photograph else pictures[:visits]
        cast.append(Shopper(f"returning{number + 1}", None, tuple(looks), later))
    known = [_enrolled(number, _take(left, faces, 1 + ENROLLED_VISITS, random)) for number in range(size.enrolled)]
    once = size.strangers - size.returning
    cast += [Shopper(f"once{number + 1}", None, tuple(_take(left, faces, 1, random))) for number in range(once)]
    return known + cast


def _enrolled(number: int, pictures: Sequence[Image]) -> Shopper:
    return Shopper(f"known{number + 1}", pictures[0], tuple(pictures[1:]))


def _take(
    left: list[str], faces: Mapping[str, Sequence[Image]], count: int, random: np.random.Generator
) -> list[Image]:
    """So many photographs of the next person who has them; the person is gone from `left` then."""
    name = next((name for name in left if len(faces[name]) >= count), None)
    if name is None:
        raise ValueError(f"shop_day: expected more people with {count} photographs each")
    left.remove(name)
    return [faces[name][row] for row in random.permutation(len(faces[name]))[:count]]
