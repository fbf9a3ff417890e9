"""Guesses of passwords are slowed for each account and each address, and an owner is not kept out for long."""

from pipeline.web.security.login_limits import ACCOUNT_MAX_SECONDS, ADDRESS_MAX_SECONDS, FREE_TRIES, LoginLimits


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def guess(limits: LoginLimits, clock: Clock, times: int, name: str = "ada", address: str = "192.0.2.1") -> float:
    """So many wrong guesses, each as soon as it may be; returns the wait after the last."""
    for _ in range(times):
        clock.now += limits.try_now(name, address)
        assert limits.try_now(name, address) == 0.0
    return limits.try_now(name, address)


def test_some_tries_are_free_and_then_waits_grow() -> None:
    limits, clock = LoginLimits(clock=(clock := Clock())), clock
    for _ in range(FREE_TRIES):
        assert limits.try_now("ada", "192.0.2.1") == 0.0
    first = limits.try_now("ada", "192.0.2.1")
    assert first > 0
    clock.now += first
    assert limits.try_now("ada", "192.0.2.1") == 0.0
    assert limits.try_now("ada", "192.0.2.1") > first


def test_an_account_waits_less_than_an_address() -> None:
    limits, clock = LoginLimits(clock=(clock := Clock())), clock
    for number in range(40):  # each from another address
        clock.now += limits.try_now("ada", f"192.0.2.{number}")
        limits.try_now("ada", f"192.0.2.{number}")
    assert 0 < limits.try_now("ada", "198.51.100.1") <= ACCOUNT_MAX_SECONDS
    for number in range(40):  # each for another account
        clock.now += limits.try_now(f"user{number}", "203.0.113.1")
        limits.try_now(f"user{number}", "203.0.113.1")
    assert ACCOUNT_MAX_SECONDS < limits.try_now("new", "203.0.113.1") <= ADDRESS_MAX_SECONDS


def test_a_right_password_frees_the_account_and_the_address_keeps_its_older_mistakes() -> None:
    limits = LoginLimits(clock=Clock())
    for _ in range(FREE_TRIES - 1):
        limits.try_now("ada", "192.0.2.1")
    limits.try_now("ada", "192.0.2.1")
    limits.succeeded("ada", "192.0.2.1")
    assert limits.try_now("ada", "198.51.100.1") == 0.0
    assert limits.try_now("ben", "192.0.2.1") == 0.0
    assert limits.try_now("ben", "192.0.2.1") > 0.0


def test_names_that_are_one_account_count_together_and_huge_ones_are_taken() -> None:
    limits = LoginLimits(clock=Clock())
    for name in ("ada", "ADA", "Ada", "aDa", "adA")[:FREE_TRIES]:
        assert limits.try_now(name, f"192.0.2.{len(name)}") == 0.0
    assert limits.try_now("ada", "198.51.100.9") > 0.0
    assert limits.try_now("x" * 1_000_000 + "\ud800", "198.51.100.10") == 0.0
