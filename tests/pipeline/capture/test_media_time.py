"""Media time always increases, and follows the timestamps wherever they are plausible."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pipeline.capture.media_time import FrameSampler, LiveMediaTime


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
