"""Which rates so many people show, and what is said of too few."""

import pytest

from recognizer.calibration import RATES
from recognizer.shown_rates import least_people, require_rates, shown_rates


@pytest.mark.parametrize(
    ("people", "probes", "rates"),
    [
        (5749, 1500, RATES),  # LFW
        (1001, 1500, RATES),
        (1000, 1500, RATES[:5]),
        (11, 1500, (0.1, 0.01)),
        (10, 1500, (0.1,)),
        (3, 1500, ()),
        (0, 1500, ()),
        (5749, 1, (0.1, 0.01, 1e-3)),
    ],
)
def test_a_rate_is_shown_where_one_comparison_is_expected_to_reach_it(
    people: int, probes: int, rates: tuple[float, ...]
) -> None:
    assert shown_rates(people, probes) == rates


@pytest.mark.parametrize("probes", [1, 4, 10, 1500])
@pytest.mark.parametrize("rate", RATES)
def test_one_person_fewer_does_not_show_the_rate(rate: float, probes: int) -> None:
    least = least_people(rate, probes)
    assert rate in shown_rates(least, probes)
    assert rate not in shown_rates(least - 1, probes)


def test_too_few_people_are_told_how_many_are_expected() -> None:
    assert require_rates(11, 1500) == (0.1, 0.01)
    with pytest.raises(ValueError, match="data: expected at least 11 people, got 3"):
        require_rates(3, 1500)
    with pytest.raises(ValueError, match="data: expected at least 26 people, got 25"):
        require_rates(25, 4)
