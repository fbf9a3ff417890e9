"""Media time always increases, stays near arrival, and follows the timestamps wherever they are plausible."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.capture.media_time import MAX_DRIFT_SECONDS, FrameSampler, LiveMediaTime
from pipeline.capture.stamp_order import MIN_STEP_SECONDS


def live(*frames: tuple[float | None, float]) -> list[float]:
    media_time = LiveMediaTime()
    return [round(media_time.advance(stamp, clock), 4) for stamp, clock in frames]


def test_live_follows_timestamps_not_arrival() -> None:
    assert live((100.0, 5.0), (100.1, 5.3), (100.2, 5.31)) == [0, 0.1, 0.2]


def test_live_follows_arrival_where_timestamps_are_missing_or_jump() -> None:
    assert live((None, 5.0), (0.1, 5.2), (0.2, 5.3)) == [0, 0.2, 0.3]
    assert live((1.0, 5.0), (9000.0, 5.1), (9000.1, 5.2)) == [0, 0.1, 0.2]
    assert live((9000.0, 5.0), (1.0, 5.1), (1.1, 5.2)) == [0, 0.1, 0.2]
    assert live((1.0, 5.0), (1.0, 5.0), (1.0, 5.0)) == [0, 0.0001, 0.0002]


def test_live_keeps_a_long_gap() -> None:
    assert live((1.0, 5.0), (61.0, 65.0)) == [0, 60]


def test_live_continues_over_a_reconnection() -> None:
    media_time = LiveMediaTime()
    media_time.advance(500.0, 10.0)
    media_time.reconnect()
    assert media_time.advance(501.0, 17.0) == 7.0, "by arrival, although the new timestamp is plausible"


stamps = st.none() | st.floats(-1e6, 1e6)


@given(st.lists(st.tuples(stamps, st.floats(0, 1e4))))
def test_live_always_increases(frames: list[tuple[float | None, float]]) -> None:
    media_time = LiveMediaTime()
    times = [media_time.advance(stamp, clock) for stamp, clock in frames]
    assert all(a < b for a, b in pairwise(times))


@given(st.lists(st.tuples(stamps, st.floats(0, 100)), max_size=50))
def test_live_stays_near_arrival(frames: list[tuple[float | None, float]]) -> None:
    media_time, arrival = LiveMediaTime(), 0.0
    for stamp, elapsed in frames:
        arrival += elapsed
        time = media_time.advance(stamp, arrival)
        first = frames[0][1]
        assert abs(time - (arrival - first)) <= MAX_DRIFT_SECONDS + MIN_STEP_SECONDS * len(frames)


def drift(rate: float, seconds: float) -> list[float]:
    """Media time minus arrival after each second of a camera of 10 frames a second whose clock runs at `rate`."""
    media_time = LiveMediaTime()
    times = [(index / 10, media_time.advance(index / 10 * rate, index / 10)) for index in range(round(seconds * 10))]
    return [time - arrival for arrival, time in times][::10]


@pytest.mark.parametrize("rate", [0.1, 0.25, 0.7, 1.3, 4.0, 50.0, 1000.0])
def test_a_live_clock_at_a_wrong_rate_goes_by_arrival(rate: float) -> None:
    drifts = drift(rate, 300)
    assert max(map(abs, drifts)) <= MAX_DRIFT_SECONDS + 1e-6
    assert max(drifts[90:]) - min(drifts[90:]) < 0.1, "level after the seconds that it took to find out"


@pytest.mark.parametrize("rate", [0.82, 0.999, 1.001, 1.18])
def test_a_live_clock_that_is_a_little_off_is_followed_and_made_up_for(rate: float) -> None:
    drifts = drift(rate, 4000)
    assert max(map(abs, drifts)) <= MAX_DRIFT_SECONDS + 1e-6
    assert drifts[5] == pytest.approx(5 * (rate - 1)), "its steps are taken as they are"
    assert sum(map(abs, drifts)) / len(drifts) < 0.8 * MAX_DRIFT_SECONDS


def test_live_frames_that_were_held_back_keep_their_own_times() -> None:
    held = [(index / 10, 5.0 + max(index / 10, 8.0)) for index in range(100)]
    assert live(*held) == pytest.approx([index / 10 for index in range(100)])


def chosen(fps: float, stride: int, times: list[float]) -> list[int]:
    sampler = FrameSampler(fps, stride)
    return [index for index, time in enumerate(times) if sampler.accepts(index, time)]


def test_sampling() -> None:
    times = [index / 30 for index in range(30)]
    assert chosen(0, 1, times) == list(range(30))
    assert chosen(0, 7, times) == [0, 7, 14, 21, 28]
    assert chosen(10, 1, times) == list(range(0, 30, 3))
    assert len(chosen(12, 1, times)) == 12
    assert chosen(100, 1, times) == list(range(30)), "fewer frames than allowed: all"
    assert chosen(10, 2, times) == [0, 4, 6, 10, 12, 16, 18, 22, 24, 28]
