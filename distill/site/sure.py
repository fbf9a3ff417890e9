"""Keeps the tracks of a person that are surely theirs, so that two visits are compared of one person and not of two.

The student that is fitted reads far looks. So a far look never says whose track it is: what it was named by would be
named again, and people whom the student does not find would not count.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.arrays import Float32
from distill.site.split import Limits
from distill.site.views import near_vector
from distill.site.visitors import CERTAIN, Look, Visitor
from recognizer.base import Recognizer

SURE_COSINE = 0.6  # of near looks of two tracks; strangers hardly ever reach it


class By(enum.Enum):
    """How it is known that somebody's tracks are of one person."""

    SAID = "said"  # enrolled, or confirmed by an operator
    READ = "read"  # by near looks of every track, read by a member of the family that is not fitted


@dataclass(frozen=True, slots=True, eq=False)
class SureVisitor:
    """A visitor with the looks of those tracks alone that are surely theirs."""

    visitor: Visitor
    by: By


class Surety:
    """Finds sure tracks. recognizer: its smallest member is the one that is fitted."""

    def __init__(self, recognizer: Recognizer, limits: Limits) -> None:
        self._recognizer, self._limits = recognizer, limits
        self._may_read = recognizer.spec_for(limits.near_px) != recognizer.spec_for(1)

    def keep(self, visitor: Visitor) -> SureVisitor:
        """The tracks that were said to be theirs, and those whose near looks are so like those of one of them.

        Where nothing was said, the track with the largest look stands for the person.
        """
        tracks = _by_track(visitor.looks)
        said = [name for name, looks in tracks.items() if looks[0].known in CERTAIN]
        kept = said or [max(tracks, key=lambda name: max(look.px for look in tracks[name]))]
        read = self._alike(tracks, kept) if self._may_read and len(kept) < len(tracks) else []
        looks = tuple(look for look in visitor.looks if look.track in {*kept, *read})
        return SureVisitor(Visitor(visitor.name, looks), By.READ if read or not said else By.SAID)

    def _alike(self, tracks: dict[str, list[Look]], kept: Sequence[str]) -> list[str]:
        vectors = {name: vector for name, looks in tracks.items() if (vector := self._near(looks)) is not None}
        known = [vectors[name] for name in kept if name in vectors]
        if not known:
            return []
        most = {name: float(np.max(np.stack(known) @ vector)) for name, vector in vectors.items() if name not in kept}
        return [name for name, cosine in most.items() if cosine >= SURE_COSINE]

    def _near(self, looks: Sequence[Look]) -> Float32 | None:
        one = Visitor("", tuple(looks))
        return near_vector(self._recognizer, one, self._limits) if one.near(self._limits.near_px) else None


def _by_track(looks: Sequence[Look]) -> dict[str, list[Look]]:
    tracks: dict[str, list[Look]] = {}
    for look in looks:
        tracks.setdefault(look.track, []).append(look)
    return tracks
