"""A stream's clock is wrong when it is off by more than a fifth for two windows."""

import pytest

from pipeline.capture.clock_ratio import WINDOW_SECONDS, ClockRatio


def run(ratio: ClockRatio, rate: float, windows: float) -> bool:
    for _ in range(round(windows * WINDOW_SECONDS)):
        ratio.note(rate, 1.0)
    return ratio.is_plausible


@pytest.mark.parametrize("rate", [0.85, 1.0, 1.15])
def test_a_clock_that_is_a_little_off_is_plausible(rate: float) -> None:
    assert run(ClockRatio(), rate, 50)


@pytest.mark.parametrize("rate", [0.0, 0.25, 0.75, 1.25, 4.0])
def test_a_clock_that_is_off_for_two_windows_is_not(rate: float) -> None:
    ratio = ClockRatio()
    assert run(ratio, rate, 1)
    assert not run(ratio, rate, 1)


def test_a_clock_that_was_mended_is_plausible_again() -> None:
    ratio = ClockRatio()
    run(ratio, 4.0, 3)
    assert run(ratio, 1.0, 1)


def test_frames_that_were_held_back_say_nothing_of_the_clock() -> None:
    ratio = ClockRatio()
    for _ in range(20):
        assert run(ratio, 0.1, 1)
        assert run(ratio, 1.9, 1)


def test_a_new_connection_begins_a_new_window_and_keeps_the_verdict() -> None:
    ratio = ClockRatio()
    run(ratio, 4.0, 1)
    ratio.restart()
    assert run(ratio, 4.0, 1)
    assert not run(ratio, 4.0, 1)
    ratio.restart()
    assert not ratio.is_plausible
