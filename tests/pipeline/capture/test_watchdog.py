"""The watchdog reports each stall once, and only between frames of an open connection."""

import threading

import pytest

from pipeline.capture.watchdog import Watchdog


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def make_watchdog(clock: Clock) -> tuple[Watchdog, list[float]]:
    """A watchdog of 5 s, and the times at which it reported a stall."""
    stalls: list[float] = []
    return Watchdog("cam", 5.0, lambda: stalls.append(clock.now), clock=clock), stalls


def test_no_stall_before_the_first_frame() -> None:
    clock = Clock()
    watchdog, stalls = make_watchdog(clock)
    clock.now += 60
    assert watchdog.check() == 5.0
    assert not watchdog.overdue
    assert stalls == []


@pytest.mark.parametrize(("age", "next_check"), [(0.0, 5.0), (3.0, 2.0), (4.75, 0.25)])
def test_next_check_is_due_when_the_frame_would_be_overdue(age: float, next_check: float) -> None:
    clock = Clock()
    watchdog, stalls = make_watchdog(clock)
    watchdog.frame_arrived()
    clock.now += age
    assert watchdog.check() == next_check
    assert not watchdog.overdue
    assert stalls == []


def test_each_stall_is_reported_once() -> None:
    clock = Clock()
    watchdog, stalls = make_watchdog(clock)
    for _ in range(2):
        watchdog.frame_arrived()
        clock.now += 5
        watchdog.check()
        assert watchdog.overdue
        clock.now += 5
        watchdog.check()
    assert stalls == [105.0, 115.0]


def test_packets_put_a_stall_off_once_a_frame_has_come() -> None:
    clock = Clock()
    watchdog, stalls = make_watchdog(clock)
    watchdog.packet_arrived()
    clock.now += 60
    watchdog.check()
    watchdog.frame_arrived()
    for _ in range(20):
        clock.now += 3
        watchdog.packet_arrived()
        watchdog.check()
    assert stalls == []
    clock.now += 5
    watchdog.check()
    assert stalls == [clock.now]


def test_disarmed_watchdog_expects_no_frame() -> None:
    clock = Clock()
    watchdog, stalls = make_watchdog(clock)
    watchdog.frame_arrived()
    watchdog.disarm()
    clock.now += 60
    watchdog.check()
    assert not watchdog.overdue
    assert stalls == []


def test_thread_reports_a_stall_and_stops() -> None:
    stalled = threading.Event()
    watchdog = Watchdog("cam", 0.01, stalled.set)
    watchdog.start()
    watchdog.frame_arrived()
    assert stalled.wait(5)
    watchdog.stop()
    watchdog.join(5)
    assert not watchdog.is_alive()
