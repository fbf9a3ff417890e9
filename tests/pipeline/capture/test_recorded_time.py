"""Media time of a recording ends where the recording ends, whatever single timestamps say."""

from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.capture.recorded_time import JOIN_SECONDS, LOOKAHEAD_FRAMES, RecordedMediaTime

FPS = 10


def follow(stamps: Sequence[float | None], fps: float = FPS, *, may_be_joined: bool = False) -> list[float]:
    media_time = RecordedMediaTime(fps, may_be_joined=may_be_joined)
    followed = list(media_time.follow((stamp, index) for index, stamp in enumerate(stamps)))
    assert [index for _, index in followed] == list(range(len(stamps))), "every frame, in order"
    return [time for time, _ in followed]


def steady(count: int, start: float = 100.0) -> list[float | None]:
    return [start + index / FPS for index in range(count)]


STEADY = [index / FPS for index in range(50)]


@given(st.lists(st.none() | st.floats(-1e6, 1e6)), st.booleans())
def test_always_increases(stamps: list[float | None], may_be_joined: bool) -> None:
    assert all(a < b for a, b in pairwise(follow(stamps, may_be_joined=may_be_joined)))


@pytest.mark.parametrize(
    ("stamps", "times"),
    [
        ((3.0, 3.1, 3.5, 90.0, 90.1), (0, 0.1, 0.5, 87, 87.1)),
        ((3.0, None, 3.2, 3.3), (0, 0.1, 0.2, 0.3)),
        ((None, None, None), (0, 0.1, 0.2)),
        ((None, 5.0, 5.2), (0, 0.1, 0.3)),
        ((50.0, 50.1, 2.0, 2.1), (0, 0.1, 0.2, 0.3)),
        ((1.0, 1.0, 1.1), (0, 0.05, 0.1)),
    ],
)
def test_follows_timestamps_and_fills_in_missing_ones(
    stamps: tuple[float | None, ...], times: tuple[float, ...]
) -> None:
    assert follow(stamps) == pytest.approx(times)


@pytest.mark.parametrize("rate", [0.0, float("nan"), float("inf"), -1.0, 90_000.0])
def test_without_a_rate(rate: float) -> None:
    assert follow([None, None], rate) == [0, 0.04]


@pytest.mark.parametrize("joined", [False, True])
@pytest.mark.parametrize("wrong", [5000.0, 20.0, 0.6, -0.6, -1.0, -5000.0])
@pytest.mark.parametrize("length", [1, 2, 3, 5])
def test_stamps_that_jump_and_return_cost_one_interval_each(wrong: float, length: int, joined: bool) -> None:
    stamps = steady(50)
    for index in range(20, 20 + length):
        stamps[index] = 100 + index / FPS + wrong
    times = follow(stamps, may_be_joined=joined)
    assert times[-1] == pytest.approx(STEADY[-1])
    assert times == pytest.approx(STEADY, abs=0.1 + 1e-9)


@pytest.mark.parametrize("joined", [False, True])
@pytest.mark.parametrize("wrong", [5000.0, -5000.0])
@pytest.mark.parametrize("index", [0, 1, 48, 49])
def test_a_wrong_stamp_at_either_end(index: int, wrong: float, joined: bool) -> None:
    stamps = steady(50)
    stamps[index] = 100 + wrong
    assert follow(stamps, may_be_joined=joined) == pytest.approx(STEADY)


@pytest.mark.parametrize("every", range(2, 12))
@pytest.mark.parametrize("wrong", [5000.0, -2.0])
def test_wrong_stamps_again_and_again(every: int, wrong: float) -> None:
    stamps = [100 + index / FPS + (wrong if index % every == every - 1 else 0) for index in range(50)]
    assert follow(stamps) == pytest.approx(STEADY, abs=0.1 + 1e-9)


def test_swapped_neighbours_are_put_in_order() -> None:
    stamps = steady(50)
    for index in range(1, 48, 3):
        stamps[index], stamps[index + 1] = stamps[index + 1], stamps[index]
    assert follow(stamps) == pytest.approx(STEADY)


def test_stamps_in_decoding_order_are_put_in_order() -> None:
    stamps = [0.0] + [(index + offset) / FPS for index in range(1, 49, 4) for offset in (3, 1, 0, 2)] + [4.9]
    assert follow([stamp + 100 for stamp in stamps]) == pytest.approx(STEADY)


@given(st.sets(st.integers(1, 48)), st.sampled_from([5000.0, -5000.0, 7.5, -3.0]))
def test_no_choice_of_wrong_stamps_makes_a_recording_longer(wrong: set[int], by: float) -> None:
    stamps = [100 + index / FPS + (by if index in wrong else 0) for index in range(50)]
    assert follow(stamps, may_be_joined=True)[-1] < 4.9 + max(by, 0) + 0.2 * len(wrong) + 1e-6


@pytest.mark.parametrize("second", [0.0, 99.7, 98.0, 5000.0, 26.5 * 3600])
@pytest.mark.parametrize("length", [3, 7, 30])
def test_a_join_costs_one_interval(second: float, length: int) -> None:
    stamps = steady(length) + steady(50 - length, second)
    assert follow(stamps, may_be_joined=True) == pytest.approx(STEADY)


def test_a_clock_that_wraps_costs_one_interval() -> None:
    wrapped = [(index / FPS + 95440) % (2**33 / 90_000) for index in range(50)]
    assert follow(wrapped) == pytest.approx(STEADY, abs=0.1)


def test_gaps_are_kept_where_files_are_not_joined() -> None:
    stamps = steady(20) + steady(20, 3600)
    assert follow(stamps)[-1] == pytest.approx(3600 - 100 + 1.9)
    assert follow(stamps, may_be_joined=True)[-1] == pytest.approx(3.9)
    short = steady(20) + steady(20, 102 + JOIN_SECONDS - 1)
    assert follow(short, may_be_joined=True)[-1] == pytest.approx(3.9 + JOIN_SECONDS - 1)


def test_a_clock_that_was_set_is_no_gap() -> None:
    assert follow(steady(20, 0) + steady(20, 1.8e9))[-1] == pytest.approx(3.9)


@pytest.mark.parametrize("header", [1 / 60, 25, 0])
@pytest.mark.parametrize("seconds", [11, 60, 3600])
@pytest.mark.parametrize("joined", [False, True])
def test_one_picture_a_minute_keeps_its_time(seconds: float, header: float, joined: bool) -> None:
    stamps = [seconds * index for index in range(20)]
    assert follow(stamps, header, may_be_joined=joined) == pytest.approx(stamps)


def test_a_wrong_rate_in_the_header_is_forgotten() -> None:
    stamps = [index / FPS for index in range(20)]
    assert follow([*stamps, None, None], 600)[-1] == pytest.approx(2.1)
    assert follow([*stamps, None, None], 0.001)[-1] == pytest.approx(2.1)


def test_frames_are_read_ahead_only_where_a_stamp_is_doubtful() -> None:
    read = 0

    def frames() -> Iterator[tuple[float | None, int]]:
        nonlocal read
        for stamp in [0.0, 0.1, 0.2, 50.0, *(0.1 * index for index in range(4, 20))]:
            read += 1
            yield stamp, read

    followed = RecordedMediaTime(FPS).follow(frames())
    waiting = [read - number for _, number in followed]
    assert waiting[:3] == [0, 0, 0]
    assert max(waiting) == LOOKAHEAD_FRAMES - 1
    assert waiting[-1] == 0


def test_an_error_comes_after_the_frames_before_it() -> None:
    def frames() -> Iterator[tuple[float | None, int]]:
        yield from [(0.0, 0), (0.1, 1), (99.0, 2)]
        raise OSError("broken")

    followed = RecordedMediaTime(FPS).follow(frames())
    assert [number for _, number in islice(followed, 3)] == [0, 1, 2]
    with pytest.raises(OSError, match="broken"):
        next(followed)
