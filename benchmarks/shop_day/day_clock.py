"""The clock of the day, which the benchmark moves."""

from datetime import UTC, datetime

OPENING = datetime(2026, 11, 30, 9, tzinfo=UTC)
RUN = OPENING.strftime("%Y%m%dT%H%M%SZ")
"""The epoch of the simulated node."""


class DayClock:
    """seconds: since opening; `steady` and `wall` (Unix seconds) are handed to all that has a clock."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def steady(self) -> float:
        """Monotonic seconds."""
        return self.seconds

    def wall(self) -> float:
        """Unix seconds."""
        return OPENING.timestamp() + self.seconds
