"""Parts what was seen of one person into visits, and pairs a near look with far ones of the same visit or a later one.

A visit ends where somebody was not seen for GAP_SECONDS. So the looks of two visits differ in light, clothes, hair and
way of walking, as those of two days do, and no time zone is needed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from distill.site.split import Limits
from distill.site.visitors import Look, Visitor

GAP_SECONDS = 6 * 3600.0


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """A near look that is enrolled, and the looks that are searched with it."""

    enrolled: Look
    looks: tuple[Look, ...]


def part_visits(looks: Sequence[Look]) -> list[tuple[Look, ...]]:
    """The visits that looks belong to, in order of time; looks may come in any order."""
    visits: list[list[Look]] = []
    for look in sorted(looks, key=lambda one: one.time):
        if not visits or look.time - visits[-1][-1].time >= GAP_SECONDS:
            visits.append([])
        visits[-1].append(look)
    return [tuple(visit) for visit in visits]


def pair_of_one_visit(visitor: Visitor, limits: Limits) -> Pair | None:
    """The first visit with a near and a far look: its largest look, and all of its looks; None without such a visit."""
    for visit in part_visits(visitor.looks):
        one = Visitor(visitor.name, visit)
        if (near := one.near(limits.near_px)) and one.far(limits.far_px):
            return Pair(near[0], visit)
    return None


def pair_of_two_visits(visitor: Visitor, limits: Limits) -> Pair | None:
    """The largest look of the first visit with a near one, and all looks of the visits after it; None where no far look
    is among them."""
    visits = part_visits(visitor.looks)
    for number, visit in enumerate(visits):
        if near := Visitor(visitor.name, visit).near(limits.near_px):
            later = tuple(look for after in visits[number + 1 :] for look in after)
            has_far = bool(Visitor(visitor.name, later).far(limits.far_px))
            return Pair(near[0], later) if has_far else None
    return None
