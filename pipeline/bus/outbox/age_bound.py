"""How old an event may be: counted from the newest one, but not by a clock that was wrong for a while."""

from collections import deque

# The bound follows the newest event only once later events have confirmed its time for this long.
_CONFIRM_SECONDS = 600.0


class AgeBound:
    """Which wall time an event must have to be kept, counted from the newest event.

    A clock that jumps ahead and back must not erase what is stored. So the time of the newest event counts only once
    all events of the next ten minutes were no older; the start takes the earliest of the clock and the newest rows. A
    clock that is put back must not erase what is new: an older event counts at once.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._reference = 0.0
        self._minutes: deque[tuple[float, float]] = deque()  # monotonic start, earliest wall time of each minute
        self._began: float | None = None

    @property
    def oldest(self) -> float:
        """Events before this wall time (Unix seconds) are deleted."""
        return self._reference - self._seconds

    @property
    def newest(self) -> float:
        """The time that ages are counted from, Unix seconds."""
        return self._reference

    def start(self, wall_time: float) -> None:
        """Set the reference that holds until ten minutes of events confirm a later one."""
        self._reference = wall_time

    def note(self, wall_time: float, now: float) -> None:
        """Note the wall time of the newest event at the monotonic time `now`."""
        self._reference = min(self._reference, wall_time)
        self._began = now if self._began is None else self._began
        if not self._minutes or now - self._minutes[-1][0] >= _CONFIRM_SECONDS / 10:
            self._minutes.append((now, wall_time))
        else:
            start, earliest = self._minutes[-1]
            self._minutes[-1] = (start, min(earliest, wall_time))
        while now - self._minutes[0][0] > 1.1 * _CONFIRM_SECONDS:
            self._minutes.popleft()
        if now - self._began >= _CONFIRM_SECONDS:
            self._reference = max(self._reference, min(earliest for _, earliest in self._minutes))
