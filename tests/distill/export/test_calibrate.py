"""The thresholds of an own student (the whole stage: tests/distill/test_own.py)."""

import pytest

from distill.errors import DistillError
from distill.export.calibrate import require_enough_people, shown_rates


@pytest.mark.parametrize(
    ("comparisons", "rates"),
    [(1560, (0.1, 0.01)), (10_000, (0.1, 0.01, 1e-3)), (9_999, (0.1, 0.01)), (0, (0.1, 0.01))],
)
def test_a_rate_is_shown_by_ten_false_matches(comparisons: int, rates: tuple[float, ...]) -> None:
    assert shown_rates(comparisons) == rates


def test_forty_people_are_enough() -> None:
    require_enough_people([str(number) for number in range(40)])
    with pytest.raises(DistillError, match="expected 40 people or more to measure with, got 39"):
        require_enough_people([str(number) for number in range(39)])
