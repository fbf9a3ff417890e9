"""Growth is found in memory, descriptors and threads, and what is held for a moment is none."""

from collections.abc import Callable

import pytest

from tests.endurance.child import Sample
from tests.endurance.growth import Growth, measure_growth

WARM_UP = 120.0


def samples(of: Callable[[float], Sample]) -> list[Sample]:
    """One every ten seconds for half an hour."""
    return [of(float(seconds)) for seconds in range(0, 1810, 10)]


def growth(of: Callable[[float], Sample]) -> Growth:
    return measure_growth(samples(of), WARM_UP)


def test_what_stays_the_same_has_not_grown() -> None:
    steady = growth(lambda seconds: Sample(seconds, 100.0, 30, 12))
    assert steady.faults(10.0) == []
    assert (steady.start.rss_mb, steady.end.rss_mb, round(steady.rss_mb_per_hour, 6)) == (100.0, 100.0, 0.0)
    assert (steady.start.seconds, steady.end.seconds) == (120.0, 1740.0)


def test_growth_before_the_end_of_the_warm_up_does_not_count() -> None:
    assert growth(lambda seconds: Sample(seconds, min(seconds, WARM_UP), 30, 12)).faults(1.0) == []


def test_memory_that_grows_is_told_with_its_slope() -> None:
    leaking = growth(lambda seconds: Sample(seconds, 100 + seconds / 100, 30, 12))
    assert leaking.rss_mb_per_hour == pytest.approx(36.0)
    assert leaking.faults(20.0) == []
    assert leaking.faults(10.0) == ["memory grew by 16.2 MiB, expected at most 10"]


@pytest.mark.parametrize(
    ("leak", "fault"),
    [
        (lambda seconds: Sample(seconds, 100.0, 30 + (seconds > 900), 12), "descriptors grew from 30 to 31"),
        (lambda seconds: Sample(seconds, 100.0, 30, 12 + (seconds > 900)), "threads grew from 12 to 13"),
    ],
)
def test_one_descriptor_or_thread_more_is_a_fault(leak: Callable[[float], Sample], fault: str) -> None:
    assert growth(leak).faults(10.0) == [fault]


def test_a_descriptor_that_is_open_for_a_moment_is_no_fault() -> None:
    assert growth(lambda seconds: Sample(seconds, 100.0, 30 + (seconds == 1790), 12)).faults(10.0) == []


def test_a_run_that_is_shorter_than_its_warm_up_is_refused() -> None:
    with pytest.raises(ValueError, match="1 samples after a warm-up of 120 s"):
        measure_growth([Sample(0.0, 1.0, 1, 1), Sample(120.0, 1.0, 1, 1)], WARM_UP)
