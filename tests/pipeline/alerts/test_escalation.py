"""An alert that nobody acknowledges goes up step by step, to the highest level and no further."""

import pytest

from pipeline.alerts.escalation import Step, first_step, next_step


@pytest.mark.parametrize(
    ("seconds", "max_level", "next_at"),
    [(60.0, 3, 160.0), (0.0, 3, None), (-1.0, 3, None), (60.0, 0, None), (60.0, 1, 160.0)],
)
def test_a_new_alert_waits_only_where_it_can_go_up(seconds: float, max_level: int, next_at: float | None) -> None:
    assert first_step(100.0, seconds, max_level) == Step(0, next_at)


def test_each_step_counts_from_now_and_the_last_waits_for_nothing() -> None:
    assert next_step(0, 5000.0, 60.0, 2) == Step(1, 5060.0)
    assert next_step(1, 9000.0, 60.0, 2) == Step(2, None)
    assert next_step(2, 9000.0, 60.0, 2) == Step(2, None)
