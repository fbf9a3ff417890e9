"""The simulated clock: nothing in a simulation asks the machine for the time."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

START_OF_SIMULATION = 1_800_000_000.0  # Unix seconds


@dataclass
class SimulatedClock:
    """Monotonic seconds since the start, and a wall clock that may be set wrong. `at` plans what happens later.

    wall_error: seconds that the node's wall clock is ahead.
    """

    now: float = 0.0
    wall_error: float = 0.0
    _planned: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _order: "count[int]" = field(default_factory=count)

    def monotonic(self) -> float:
        """Seconds since the start."""
        return self.now

    def wall(self) -> float:
        """Unix seconds as the node's machine tells them."""
        return START_OF_SIMULATION + self.now + self.wall_error

    def at(self, seconds: float, act: Callable[[], None]) -> None:
        """Plan to act `seconds` from now."""
        heapq.heappush(self._planned, (self.now + seconds, next(self._order), act))

    def advance(self, seconds: float) -> None:
        """Go on by `seconds`, or to what is planned before that, and do what is due."""
        due = self._planned[0][0] if self._planned else float("inf")
        self.now = max(self.now, min(self.now + seconds, due))
        while self._planned and self._planned[0][0] <= self.now:
            heapq.heappop(self._planned)[2]()

    @property
    def has_plans(self) -> bool:
        """Whether something is still to happen."""
        return bool(self._planned)
