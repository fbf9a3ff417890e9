"""Waits double from one second to five minutes, with jitter, and a receiver may ask for more, not for ever."""

import pytest

from pipeline.alerts.deliver.retry import MAX_ASKED_SECONDS, MAX_SECONDS, wait_seconds


@pytest.mark.parametrize(
    ("attempts", "longest"), [(1, 1), (2, 2), (5, 16), (9, 256), (10, MAX_SECONDS), (10**9, MAX_SECONDS)]
)
def test_it_is_between_half_and_all_of_the_doubled_time(attempts: int, longest: float) -> None:
    assert [wait_seconds(attempts, lambda share=share: share) for share in (0.0, 0.5, 1.0)] == [
        longest / 2,
        longest * 0.75,
        longest,
    ]


@pytest.mark.parametrize(
    ("asked", "seconds"), [(None, 0.5), (0.0, 0.5), (0.1, 0.5), (20.0, 20.0), (1e9, MAX_ASKED_SECONDS), (-5.0, 0.5)]
)
def test_what_the_receiver_asks_for_is_the_least_up_to_an_hour(asked: float | None, seconds: float) -> None:
    assert wait_seconds(1, lambda: 0.0, asked) == seconds
