"""Which false-alarm rates the comparisons of so many people can show, and how many people a rate takes."""

from bisect import bisect_left

from recognizer.calibration import RATES

LEAST_RATES = 2  # a calibration continues the tail by the slope between two


def shown_rates(people: int, probes: int) -> tuple[float, ...]:
    """Those of `RATES` that at least one comparison of a band is expected to reach; descending.

    people: of whom each has a photograph.  probes: most of them whose templates are compared with all others.
    """
    comparisons = _comparisons(people, probes)
    return tuple(rate for rate in RATES if comparisons >= _needed(rate))


def least_people(rate: float, probes: int) -> int:
    """How many people it takes to show a rate with so many probes, of which there is at least one."""
    needed = _needed(rate)
    return bisect_left(range(needed + 2), needed, key=lambda people: _comparisons(people, probes))


def require_rates(people: int, probes: int) -> tuple[float, ...]:
    """The same as `shown_rates`. Raises ValueError for fewer than two rates."""
    rates = shown_rates(people, probes)
    if len(rates) < LEAST_RATES:
        rate = RATES[LEAST_RATES - 1]
        least = f"{least_people(rate, probes):,}"
        raise ValueError(
            f"data: expected at least {least} people, got {people:,}: the comparisons of fewer do not show a rate of"
            f" {rate:g}"
        )
    return rates


def _comparisons(people: int, probes: int) -> int:
    """Of one band: each probe with everybody else."""
    return min(people, probes) * max(people - 1, 0)


def _needed(rate: float) -> int:
    """Comparisons of which one is expected to reach the threshold of a rate."""
    return round(1 / rate)
