"""A worker's right to run cameras, which ends by itself where the supervisor is not heard.

The worker counts from when it sent its question, and the supervisor from when it answered, which is later. So the
supervisor's count ends last, whatever the network does (leases: Gray and Cheriton, 1989). The clock of a process that
was stopped goes on, so frames that it finds when it wakes are beyond the lease. The clock of a machine that is
suspended stops, so a suspension ends the lease by itself.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.cluster.messages import Grant
from pipeline.engine import FrameSource
from pipeline.reload.change import Change
from pipeline.types import CameraReport, Frame

GUARD_SECONDS = 0.5
"""What the supervisor waits beyond a lease: clocks of two machines run unevenly."""


def suspended_seconds() -> float:
    """For how long this machine has been suspended since its start; always 0 where the system does not tell."""
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return 0.0
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)


@dataclass(frozen=True)
class _Term:
    """Cameras that may run from one monotonic second to another."""

    cameras: frozenset[str] = frozenset()
    since: float = 0.0
    until: float = -float("inf")


class Lease:
    """Which frames may become events. One thread changes it, any may ask. clock: monotonic seconds, that of frames.

    suspended: seconds for which the clock has stood still so far.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, *, suspended: Callable[[], float] = suspended_seconds
    ) -> None:
        self._clock, self._suspended = clock, suspended
        self._awake_since = suspended()
        self._term = _Term()

    @property
    def cameras(self) -> frozenset[str]:
        """Those that may run now."""
        term = self._term
        return term.cameras if self._clock() < term.until and not self._was_suspended() else frozenset()

    def covers(self, camera: str, moment: float) -> bool:
        """Whether a frame that arrived then may become events: without a break, the camera may run from then to now."""
        term = self._term
        return camera in term.cameras and term.since <= moment < term.until and not self._was_suspended()

    def extend(self, sent: float, grant: Grant) -> None:
        """Take the answer to the question that was sent then. After a break, frames count from now on."""
        now, before = self._clock(), self._term
        if self._was_suspended():  # perhaps after the answer was sent
            self._term, self._awake_since = _Term(), self._suspended()
            return
        if not grant.lease_seconds:
            self._term = _Term()
            return
        since = before.since if now < before.until else now
        self._term = _Term(grant.cameras, since, max(before.until, sent + grant.lease_seconds))

    def _was_suspended(self) -> bool:
        """Whether the clock stood still since the lease began to count, for longer than the supervisor waits beyond."""
        return self._suspended() - self._awake_since >= GUARD_SECONDS


class LeasedSource:
    """Frames of a source as long as the lease covers their arrival; reports and changes pass."""

    def __init__(self, source: FrameSource, lease: Lease) -> None:
        self._source, self._lease = source, lease
        self.refused = 0

    @property
    def open(self) -> bool:
        """As the source is."""
        return self._source.open

    def take(self, timeout: float | None) -> Sequence[Frame | CameraReport | Change]:
        """What the source gives, without frames that arrived after the lease."""
        items = self._source.take(timeout)
        passed = [item for item in items if self._passes(item)]
        self.refused += len(items) - len(passed)
        return passed

    def _passes(self, item: Frame | CameraReport | Change) -> bool:
        return not isinstance(item, Frame) or self._lease.covers(item.camera, item.monotonic_time)
