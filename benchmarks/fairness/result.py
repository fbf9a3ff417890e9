"""What is found of one recogniser."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.fairness.matches import Counter, Rate
from benchmarks.fairness.misses import Missed
from benchmarks.fairness.people import Group
from benchmarks.fairness.worst import Judge, Ratio


@dataclass(frozen=True, slots=True)
class GroupResult:
    """within: people of the group among themselves.  mixed: with everybody of UTKFace.  by_px: within, by face height.

    ratio: of `within` to the calibration's mix.  large: whether it may be called the worst.
    """

    group: Group
    within: Rate
    mixed: Rate
    by_px: Mapping[int, Rate]
    ratio: Ratio
    large: bool


@dataclass(frozen=True, slots=True)
class Result:
    """set_aside: matches of pictures that show one person.  lost: the share of false matches that this rule takes too.

    mix, portraits: the rates of people like those of the calibration.  control: of strangers who were not learnt from.

    factor, found: of the worst group, and its ratio at the rate that is asked for.  missed: by set of people and
    groups, `mean` and `worst`.
    """

    name: str
    set_aside: int
    lost: float
    mix: Rate
    portraits: Rate
    groups: Sequence[GroupResult]
    worst: Group
    factor: Ratio
    found: Ratio
    missed: Mapping[tuple[str, str], Sequence[Missed]]
    control: Rate | None = None


def list_group_results(judge: Judge, groups: Sequence[Group], asked: float) -> list[GroupResult]:
    """One of each group, at the threshold for a rate of one comparison."""
    return [_group_result(judge, judge.counter, group, asked) for group in groups]


def _group_result(judge: Judge, counter: Counter, group: Group, asked: float) -> GroupResult:
    members = group.members
    return GroupResult(
        group,
        counter.rate(members, members, asked),
        counter.rate(members, judge.everybody, asked),
        {px: counter.rate(members, members, asked, sizes=(px,)) for px in counter.found},
        judge.ratio(group, asked),
        judge.is_large(group, asked),
    )
