"""How much of a frame may be searched, by the speed that searches had."""

import pytest

from pipeline.scan.allowance import FIRST_PIXELS_PER_SECOND, LEAST_PIXELS, STEP_SECONDS, Allowance


def measure(allowance: Allowance, pixels_per_second: float, times: int = 300) -> None:
    for _ in range(times):
        allowance.measure(1e6, 1e6 / pixels_per_second)


def test_before_anything_was_measured_a_slow_core_is_assumed() -> None:
    assert Allowance(cameras=1, threads=1).pixels == FIRST_PIXELS_PER_SECOND * STEP_SECONDS


@pytest.mark.parametrize(("cameras", "threads", "share"), [(1, 1, 1.0), (1, 2, 1.0), (4, 2, 0.5), (10, 1, 0.1)])
def test_cameras_share_the_step_and_threads_divide_it(cameras: int, threads: int, share: float) -> None:
    allowance = Allowance(cameras=cameras, threads=threads)
    measure(allowance, 100e6)
    assert allowance.pixels == pytest.approx(share * 100e6 * STEP_SECONDS, rel=0.01)


def test_a_slow_machine_still_searches_two_windows() -> None:
    allowance = Allowance(cameras=20, threads=1)
    measure(allowance, 1e5)
    assert allowance.pixels == LEAST_PIXELS


def test_one_search_that_opens_a_session_changes_little() -> None:
    allowance = Allowance(cameras=1, threads=1)
    measure(allowance, 20e6)
    allowance.measure(1e6, 30.0)
    assert allowance.pixels > 0.9 * 20e6 * STEP_SECONDS


@pytest.mark.parametrize(("pixels", "seconds"), [(0, 0.001), (1000, 0.5), (1e6, 0.0), (1e6, -1.0)])
def test_searches_of_nothing_do_not_count(pixels: float, seconds: float) -> None:
    allowance = Allowance(cameras=1, threads=1)
    allowance.measure(pixels, seconds)
    assert allowance.pixels == FIRST_PIXELS_PER_SECOND * STEP_SECONDS
