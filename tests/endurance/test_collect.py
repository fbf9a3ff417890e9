"""Twenty kills of whatever gathers and passes on events: none is lost, doubled or out of order, anywhere."""

from pathlib import Path

import pytest

from tests.endurance.collect import _disordered, play


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_twenty_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    outcome = play(tmp_path, kills=20, seed=2)
    assert outcome.is_right, outcome
    assert sum(outcome.kills.values()) == 20
    assert outcome.events > 1000


def test_what_is_missing_or_swapped_is_noticed() -> None:
    assert _disordered(["n/e/v1/t/a/0", "n/e/v1/t/b/0", "n/e/v1/t/a/1"]) == 0
    assert _disordered(["n/e/v1/t/a/0", "n/e/v1/t/a/2"]) == 1
    assert _disordered(["n/e/v1/t/a/1", "n/e/v1/t/a/0"]) == 2
