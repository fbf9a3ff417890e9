"""Who is learnt from, who chooses between settings, and who measures: apart by person and by time.

The parts follow each other in time, and a person belongs to the part of their first look alone: nobody who measures was
learnt from, and what measures came later.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from distill.errors import DistillError
from distill.site.visitors import Visitor

LEARN_SHARE, CHOOSE_SHARE = 0.6, 0.15  # of the visitors, in order of time; the rest measures
LEAST_LEARNT, LEAST_CHOOSING, LEAST_MEASURED = 40, 15, 40


@dataclass(frozen=True, slots=True)
class Limits:
    """What counts as near and as far: face heights, pixels."""

    near_px: float = 48.0
    far_px: float = 28.0

    def __post_init__(self) -> None:
        if not self.near_px > self.far_px:
            raise DistillError(
                f"--near-px: expected near faces to be larger than far ones, got {self.near_px:g} and"
                f" {self.far_px:g} px"
            )


@dataclass(frozen=True, slots=True)
class Parts:
    """The visitors of each part. Everybody in `choosing` and `measured` has near and far looks."""

    learnt: tuple[Visitor, ...]
    choosing: tuple[Visitor, ...]
    measured: tuple[Visitor, ...]


def split_visitors(visitors: Sequence[Visitor], limits: Limits) -> Parts:
    """Part visitors, who are in order of their first look. Raises DistillError where a part would be too small.

    A part counts only the looks from before the next one begins, so a person who comes back does not measure.
    """
    ordered = sorted((one for one in visitors if one.near(limits.near_px)), key=lambda visitor: visitor.first_seen)
    first, second = round(LEARN_SHARE * len(ordered)), round((LEARN_SHARE + CHOOSE_SHARE) * len(ordered))
    parts = Parts(
        tuple(_before(ordered[:first], _start(ordered, first), limits)),
        tuple(_both(_before(ordered[first:second], _start(ordered, second), limits), limits)),
        tuple(_both(ordered[second:], limits)),
    )
    _require(parts, limits)
    return parts


def _start(ordered: Sequence[Visitor], place: int) -> float:
    """When the visitor at a place was first seen; never after the last."""
    return ordered[place].first_seen if place < len(ordered) else float("inf")


def _before(visitors: Sequence[Visitor], end: float, limits: Limits) -> list[Visitor]:
    """The visitors with their looks from before a time; those who have a near one among them."""
    cut = [Visitor(one.name, tuple(look for look in one.looks if look.time < end)) for one in visitors]
    return [one for one in cut if one.near(limits.near_px)]


def _both(visitors: Sequence[Visitor], limits: Limits) -> list[Visitor]:
    return [one for one in visitors if one.near(limits.near_px) and one.far(limits.far_px)]


def _require(parts: Parts, limits: Limits) -> None:
    counts = (len(parts.learnt), len(parts.choosing), len(parts.measured))
    least = (LEAST_LEARNT, LEAST_CHOOSING, LEAST_MEASURED)
    if any(count < enough for count, enough in zip(counts, least, strict=True)):
        raise DistillError(
            f"tracks: expected {least[0]} people or more to learn from, {least[1]} to choose with and {least[2]} to"
            f" measure with, got {counts[0]}, {counts[1]} and {counts[2]}; each needs a face of {limits.near_px:g} px"
            f" or more, and the last two also one of {limits.far_px:g} px or less. Record more, or for longer"
        )
