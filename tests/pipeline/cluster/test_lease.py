"""Frames become events only while the lease lasts, without a break."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from pipeline.cluster.lease import Lease, LeasedSource
from pipeline.cluster.messages import Grant
from pipeline.reload.change import Change
from pipeline.types import CameraReport, CameraState, Frame


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def frame(camera: str, moment: float) -> Frame:
    return Frame(camera, 0, moment, moment, moment, np.zeros((2, 2, 3), np.uint8))


@dataclass
class Fixed:
    items: Sequence[Frame | CameraReport | Change] = field(default_factory=list)
    open: bool = True

    def take(self, timeout: float | None) -> Sequence[Frame | CameraReport | Change]:
        return self.items


def grant(*cameras: str, seconds: float = 4.0) -> Grant:
    return Grant(cameras=frozenset(cameras), lease_seconds=seconds)


def test_nothing_runs_before_the_first_answer() -> None:
    lease = Lease(Clock())
    assert lease.cameras == frozenset()
    assert not lease.covers("door", 100.0)


def test_it_counts_from_the_question_not_from_the_answer() -> None:
    clock = Clock()
    lease = Lease(clock)
    clock.now = 103.0
    lease.extend(100.0, grant("door"))
    assert lease.covers("door", 103.9)
    assert not lease.covers("door", 104.0)


def test_a_frame_that_arrived_while_it_lasted_counts_later_too() -> None:
    clock = Clock()
    lease = Lease(clock)
    lease.extend(100.0, grant("door"))
    clock.now = 110.0  # the process was frozen
    assert lease.covers("door", 103.0)
    assert lease.cameras == frozenset()


def test_after_a_break_frames_of_the_break_do_not_count() -> None:
    clock = Clock()
    lease = Lease(clock)
    lease.extend(100.0, grant("door"))
    clock.now = 110.0
    lease.extend(109.9, grant("door"))
    assert not lease.covers("door", 107.0)
    assert not lease.covers("door", 109.95)
    assert lease.covers("door", 111.0)


def test_a_camera_that_is_not_granted_any_more_ends_at_once() -> None:
    lease = Lease(Clock())
    lease.extend(100.0, grant("door", "yard"))
    lease.extend(100.0, grant("yard"))
    assert not lease.covers("door", 100.0)
    assert lease.covers("yard", 100.0)


def test_zero_seconds_end_it() -> None:
    lease = Lease(Clock())
    lease.extend(100.0, grant("door"))
    lease.extend(100.0, Grant())
    assert lease.cameras == frozenset()


@pytest.mark.parametrize("seconds", [float("nan"), -1.0])
def test_a_senseless_lease_gives_nothing(seconds: float) -> None:
    lease = Lease(Clock())
    lease.extend(100.0, grant("door", seconds=seconds))
    assert not lease.covers("door", 100.0)


def test_the_source_keeps_reports_and_changes_and_counts_what_it_refuses() -> None:
    clock = Clock()
    lease = Lease(clock)
    lease.extend(100.0, grant("door"))
    report = CameraReport("yard", CameraState.LIVE, wall_time=1.0)
    change = Change(lambda: ())
    items = [frame("door", 101.0), frame("yard", 101.0), report, change, frame("door", 105)]
    source = LeasedSource(Fixed(items), lease)
    passed = source.take(None)
    assert [item.camera if isinstance(item, Frame) else item for item in passed] == ["door", report, change]
    assert source.refused == 2
    assert source.open


def test_a_machine_that_was_suspended_runs_nothing_before_it_has_asked_again() -> None:
    """Its clock stood still: by the supervisor's, the lease has ended long ago."""
    clock, suspended = Clock(), Clock(0.0)
    lease = Lease(clock, suspended=suspended)
    lease.extend(100.0, grant("door"))
    suspended.now = 0.4  # within what the supervisor waits beyond
    assert lease.covers("door", 100.5)
    suspended.now = 3600.0
    clock.now = 101.0
    assert lease.cameras == frozenset()
    assert not lease.covers("door", 100.5)
    lease.extend(100.9, grant("door"))  # an answer that may be an hour old
    assert lease.cameras == frozenset()
    clock.now = 102.0
    lease.extend(102.0, grant("door"))
    assert lease.covers("door", 102.5)
    assert not lease.covers("door", 101.5)
