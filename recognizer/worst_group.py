"""By how much strangers of the worst group are taken for others more often than strangers on the whole."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Groups = Literal["worst", "mean"]
WORST: Groups = "worst"
SENTENCES: dict[Groups, str] = {"worst": "holds for the worst group measured", "mean": "holds for the mean of groups"}


class WorstGroup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of the groups of people that were measured, the one whose strangers are named wrongly most often.

    factor: false matches of two people of this group, as a multiple of those of the people that the calibration was
    measured on; a threshold for a rate that is so many times lower holds for the group.  group: which one.
    ratio: the multiple as counted; least, most: its interval (95 %).  command, data, date: where it comes from.
    """

    factor: Annotated[float, Meta(ge=1, le=1e6)]
    group: str
    ratio: float
    least: float
    most: float
    command: str
    data: str
    date: str


def describe_groups(worst: WorstGroup | None, groups: Groups) -> str:
    """For whom thresholds hold, in one sentence without a final stop."""
    if worst is None:
        return "for people on the whole: the calibration holds no factor for a group"
    if groups == WORST:
        return f"for the worst group measured ({worst.group}), {worst.factor:g} times stricter than for the mean"
    return f"for the mean; {worst.factor:g} times as many of the worst group ({worst.group}) may be named wrongly"
