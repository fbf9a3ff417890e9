"""Decides how the next timestamps of a recording go on from the last one that was right.

Stamps are in seconds, None if missing. One is out of order where a later one lies between it and the last right one.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

MIN_STEP_SECONDS = 1e-4
"""Smallest plausible step between two frames."""

REGULAR_INTERVALS = 1.5
"""A step of up to this many frame intervals needs no look at the frames that follow."""


def is_regular(step: float, interval: float) -> bool:
    """Whether a step (seconds) is no longer than frames that lie `interval` seconds apart let expect."""
    return MIN_STEP_SECONDS <= step <= REGULAR_INTERVALS * interval


def order_stamps(last: float, stamps: Sequence[float | None], interval: float) -> list[float] | None:
    """Return the right stamps of the first frame, or of the first few; None where the stamps begin anew after `last`.

    stamps: of the next frames, as many as can be seen.  interval: usual step, seconds.
    """
    if in_order := _in_order(last, stamps):
        return in_order
    block = _sort(last, stamps, interval)
    if block and len(block) < len(stamps):
        return block
    skipped = _skip(last, stamps, interval)  # it wins if shorter: no stamp that follows shows where the block ends
    return min((found for found in (block, skipped) if found), key=len, default=None)


def _in_order(last: float, stamps: Sequence[float | None]) -> list[float] | None:
    """One frame whose stamp comes next."""
    first = stamps[0]
    return [first] if first is not None and _comes_next(first, last, stamps[1:]) else None


def _sort(last: float, stamps: Sequence[float | None], interval: float) -> list[float] | None:
    """Neighbours that carry each other's stamps: a few stamps without a gap, in another order."""
    for count in range(2, len(stamps) + 1):
        block = sorted(stamp for stamp in stamps[:count] if stamp is not None)
        if len(block) < count:
            return None
        if _comes_next(block[-1], last, stamps[count:]) and _is_without_gap([last, *block], interval):
            return block
    return None


def _skip(last: float, stamps: Sequence[float | None], interval: float) -> list[float] | None:
    """A few wrong or missing stamps before one that comes next: their frames share the time up to it."""
    for index, stamp in enumerate(stamps[1:], start=1):
        if stamp is None or not _comes_next(stamp, last, stamps[index + 1 :]):
            continue
        if not _begins_anew(last, stamps[: index + 1], interval):
            step = (stamp - last) / (index + 1)
            return [*(last + step * number for number in range(1, index + 1)), stamp]
    return None


def _comes_next(stamp: float, last: float, following: Sequence[float | None]) -> bool:
    """Whether a stamp lies after the last one, and no following stamp between the two."""
    later = [other for other in following if other is not None and other > last]
    return last + MIN_STEP_SECONDS <= stamp < min(later, default=math.inf)


def _is_without_gap(stamps: Sequence[float], interval: float) -> bool:
    steps = [later - earlier for earlier, later in pairwise(stamps)]
    return min(steps) >= MIN_STEP_SECONDS and max(steps) <= 2 * REGULAR_INTERVALS * interval


def _begins_anew(last: float, stamps: Sequence[float | None], interval: float) -> bool:
    """Whether stamps stepped back and went on regularly from there, until they reached the last one again."""
    known = [stamp for stamp in stamps if stamp is not None]
    if len(known) < len(stamps) or known[0] > last - MIN_STEP_SECONDS:
        return False
    return all(is_regular(later - earlier, interval) for earlier, later in pairwise(known))
