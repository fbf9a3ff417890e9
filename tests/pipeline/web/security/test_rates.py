"""Limits hold, let go in time, and take bounded memory."""

from pipeline.web.security.login_limits import LoginLimits
from pipeline.web.security.rates import Backoff, RateLimit, RecentKeys
from tests.pipeline.web.security.site import Clock


def test_a_bucket_gives_half_a_minute_at_once_and_then_its_rate() -> None:
    clock = Clock(0.0)
    limit = RateLimit(60, clock=clock)
    assert [limit.wait_seconds("a") for _ in range(30)] == [0.0] * 30
    assert limit.wait_seconds("a") == 1.0
    assert limit.wait_seconds("b") == 0.0
    clock.now = 2.0
    assert [limit.wait_seconds("a") for _ in range(3)] == [0.0, 0.0, 1.0]
    clock.now = 1e9
    assert [limit.wait_seconds("a") for _ in range(31)].count(0.0) == 30
    clock.now = 0.0  # a clock that runs back gives nothing and takes nothing
    assert limit.wait_seconds("a") == 1.0


def test_the_wait_doubles_up_to_its_limit() -> None:
    clock = Clock(0.0)
    backoff = Backoff(free=3, max_seconds=10.0, clock=clock)
    waits = []
    for _ in range(9):
        backoff.tried("a")
        waits.append(backoff.wait_seconds("a"))
        clock.now += waits[-1]
    assert waits == [0, 0, 1, 2, 4, 8, 10, 10, 10]
    backoff.succeeded("a")
    assert backoff.wait_seconds("a") == 0


def test_a_thousand_tries_do_not_overflow() -> None:
    backoff = Backoff(free=1, max_seconds=900.0, clock=Clock(0.0))
    for _ in range(2000):
        backoff.tried("a")
    assert backoff.wait_seconds("a") == 900.0


def test_a_flood_of_keys_takes_bounded_memory_and_forgets_the_oldest() -> None:
    keys: RecentKeys[list[int]] = RecentKeys(list, max_keys=100)
    for number in range(100_000):
        keys.use(f"key {number}").append(number)
        keys.use("watched").append(number)
    assert len(keys) == 100
    assert len(keys.use("watched")) == 100_000
    assert keys.use("key 99999") == [99_999]
    assert keys.use("key 1") == []


def test_tries_at_the_same_time_count_before_they_are_checked() -> None:
    limits = LoginLimits(clock=Clock(0.0))
    assert [limits.try_now("ada", "10.0.0.1") > 0 for _ in range(8)] == [False] * 5 + [True] * 3


def test_a_name_counts_once_however_it_is_written() -> None:
    limits = LoginLimits(clock=Clock(0.0))
    for number in range(5):
        limits.try_now("ADA" if number % 2 else "ada", f"10.0.0.{number}")
    assert limits.try_now("Ada", "10.0.0.99") > 0
