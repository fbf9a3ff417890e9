"""How a possible name is written."""

import pytest

from pipeline.sinks.candidate import format_chance


@pytest.mark.parametrize(
    ("chance", "text"),
    [(0.05, "0.05"), (0.00412, "0.0041"), (1e-6, "1e-06"), (9e-7, "below 1e-06")],
)
def test_a_chance_has_two_figures_and_a_bound(chance: float, text: str) -> None:
    assert format_chance(chance) == text
