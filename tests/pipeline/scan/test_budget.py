"""How much time whole searches may take, and whose turn it is, on a scripted clock."""

import pytest

from pipeline.scan.budget import BURST_SECONDS, DEBT_SECONDS, MAX_SHARE, PATIENCE_SECONDS, ScanBudget


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def search(budget: ScanBudget, clock: Clock, camera: str, seconds: float) -> bool:
    """Ask for a whole search, and take this long for it where it is allowed."""
    allowed = budget.allows(camera)
    if allowed:
        clock.now += seconds
        budget.spend(seconds)
    return allowed


def test_an_idle_machine_searches_every_frame_whole(clock: Clock) -> None:
    budget = ScanBudget(1, clock=clock)
    for _ in range(200):
        assert search(budget, clock, "door", 0.02)
        clock.now += 0.08


@pytest.mark.parametrize("threads", [1, 2])
def test_whole_searches_take_their_share_of_a_busy_machine_and_no_more(clock: Clock, threads: int) -> None:
    budget, spent, began = ScanBudget(threads, clock=clock), 0.0, clock.now
    for _ in range(3000):
        if budget.allows("door"):
            budget.spend(0.1)
            spent += 0.1
        clock.now += 0.01
    assert spent / (clock.now - began) == pytest.approx(MAX_SHARE * threads, rel=0.05)


def test_cameras_take_turns_and_none_is_forgotten(clock: Clock) -> None:
    budget, counts = ScanBudget(1, clock=clock), dict.fromkeys("abcd", 0)
    for _ in range(2000):
        for camera in counts:
            counts[camera] += search(budget, clock, camera, 0.2)
        clock.now += 0.02
    assert min(counts.values()) > 40
    assert max(counts.values()) - min(counts.values()) <= 1


def test_nobody_waits_for_a_camera_that_has_no_more_frames(clock: Clock) -> None:
    budget = ScanBudget(1, clock=clock)
    assert search(budget, clock, "a", 2 * BURST_SECONDS)  # overdrawn
    assert not budget.allows("gone")
    clock.now += 0.4
    budget.spend(-1)  # credit enough
    assert not budget.allows("a")  # "gone" was refused, and never had a search
    clock.now += PATIENCE_SECONDS
    assert budget.allows("a")


def test_one_long_search_does_not_blind_all_cameras(clock: Clock) -> None:
    budget = ScanBudget(1, clock=clock)
    assert budget.allows("a")
    budget.spend(10)  # the first search of a size, or a machine that was asleep
    clock.now += DEBT_SECONDS / MAX_SHARE + 0.01
    assert budget.allows("a")


def test_credit_does_not_grow_without_end(clock: Clock) -> None:
    budget = ScanBudget(1, clock=clock)
    clock.now += 3600
    granted = 0
    while search(budget, clock, "a", 0.05):
        granted += 1
    assert granted <= 2 * BURST_SECONDS / 0.05 + 1
