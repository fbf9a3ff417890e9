"""Keeps the newest heartbeat of a worker's own engine."""

import time
from collections.abc import Callable

from pipeline.cluster.messages import CameraBeat
from pipeline.events import Event, HealthEvent
from pipeline.sink import FrameResult


class LatestHealth:
    """A sink; other threads may read it. clock: monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._newest: tuple[HealthEvent, float] | None = None

    def on_event(self, event: Event) -> None:
        """Keep it if it is a heartbeat."""
        if isinstance(event, HealthEvent):
            self._newest = (event, self._clock())

    def on_frame(self, result: FrameResult) -> None:
        """Nothing is kept of frames."""

    def close(self) -> None:
        """Nothing to close."""

    @property
    def age(self) -> float | None:
        """Seconds since the newest heartbeat; None before the first."""
        return None if self._newest is None else self._clock() - self._newest[1]

    @property
    def latency_p99(self) -> float | None:
        """Seconds from frame to event, of the newest heartbeat."""
        return None if self._newest is None else self._newest[0].latency_p99

    def cameras(self) -> dict[str, CameraBeat]:
        """How each camera fared at the newest heartbeat."""
        found = {} if self._newest is None else self._newest[0].cameras
        return {
            name: CameraBeat(state=camera.state.value, frames=camera.frames, frame_age=camera.frame_age)
            for name, camera in found.items()
        }
