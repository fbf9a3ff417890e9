"""The pairs by which a fit is chosen and measured: of one visit, and of two visits of one person."""

from collections.abc import Sequence
from dataclasses import dataclass

from distill.errors import DistillError
from distill.site.split import LEAST_MEASURED, Limits, Parts
from distill.site.sure import By, Surety
from distill.site.visitors import Visitor
from distill.site.visits import GAP_SECONDS, Pair, pair_of_one_visit, pair_of_two_visits

LEAST_RETURNED, LEAST_CHOOSING_RETURNED = 40, 15
NOT_SHOWN = (
    "What it does on another day was not shown: too few people surely came on two. Winning within a visit has gone with"
    " losing on another day."
)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of one part of the visitors. everybody: their largest look and all of their looks, to compare strangers.

    said, read: how many of those of two visits are known by enrolment or an operator, and by near looks.
    """

    everybody: tuple[Pair, ...]
    one_visit: tuple[Pair, ...]
    two_visits: tuple[Pair, ...]
    said: int
    read: int

    def describe(self) -> str:
        """How the people who came twice are known, one sentence."""
        return (
            f"Of {len(self.two_visits)} people who came on two days, {self.said} are known by enrolment or by an"
            f" operator, and {self.read} by near looks of both days, which the student that is fitted does not read."
        )


def find_pairs(visitors: Sequence[Visitor], surety: Surety, limits: Limits) -> Pairs:
    """The pairs of visitors of one part."""
    everybody = tuple(Pair(one.near(limits.near_px)[0], one.looks) for one in visitors)
    one_visit = tuple(pair for one in visitors if (pair := pair_of_one_visit(one, limits)))
    sure = [surety.keep(one) for one in visitors]
    twice = [(one.by, pair) for one in sure if (pair := pair_of_two_visits(one.visitor, limits))]
    said = sum(by is By.SAID for by, _ in twice)
    return Pairs(everybody, one_visit, tuple(pair for _, pair in twice), said, len(twice) - said)


def require_enough(measured: Pairs, parts: Parts, limits: Limits, *, without_second_day: bool) -> None:
    """Raises DistillError where too few of those who measure surely came on two days; without, in one visit."""
    if without_second_day:
        if (count := len(measured.one_visit)) < LEAST_MEASURED:
            raise DistillError(
                f"tracks: expected {LEAST_MEASURED} people or more who measure and were seen near and far in one visit,"
                f" got {count}; record for longer"
            )
    elif (count := len(measured.two_visits)) < LEAST_RETURNED:
        raise DistillError(
            f"tracks: expected {LEAST_RETURNED} people or more who measure and surely came on two days, got {count} of"
            f" {len(parts.measured)}: {LEAST_RETURNED - count} second visits are missing. A second visit is a face of"
            f" {limits.far_px:g} px or less, {GAP_SECONDS / 3600:g} hours or more after the first, in a track that an"
            " operator confirmed, or with a near face like that of the first. Record for longer, or confirm tracks"
            " (glimpse history this-is); --without-second-day goes on, and the card says what was not shown"
        )
