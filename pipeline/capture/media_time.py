"""Turns the timestamps of a stream, which jump, repeat and go missing, into media time that strictly increases.

Media time is a sum of steps between frames. A plausible step comes from the timestamps; any other comes from the clock
of arrival (live) or the frame rate (recordings). So a wrong timestamp distorts one step, and media time continues over
a new connection.
"""

import math

from pipeline.capture.stamp_order import MIN_STEP_SECONDS

MAX_JUMP_SECONDS = 10.0
"""How far one step of a live stream's timestamps may exceed the time since the last frame arrived."""


class LiveMediaTime:
    """Media time of a live camera over all its connections, from 0 at its first frame."""

    def __init__(self) -> None:
        self._media_time = 0.0
        self._arrival: float | None = None
        self._timestamp: float | None = None

    def reconnect(self) -> None:
        """Forget the last timestamp: those of the next connection start anywhere."""
        self._timestamp = None

    def advance(self, timestamp: float | None, arrival: float) -> float:
        """Return the media time of the next frame.

        timestamp: seconds on the stream's clock, None if missing.  arrival: monotonic seconds.
        """
        if self._arrival is not None:
            self._media_time += self._step(timestamp, max(arrival - self._arrival, 0.0))
        self._arrival, self._timestamp = arrival, timestamp
        return self._media_time

    def _step(self, timestamp: float | None, elapsed: float) -> float:
        if timestamp is not None and self._timestamp is not None:
            step = timestamp - self._timestamp
            if MIN_STEP_SECONDS <= step <= elapsed + MAX_JUMP_SECONDS:
                return step
        return max(elapsed, MIN_STEP_SECONDS)


class FrameSampler:
    """Chooses the frames to process: every `stride`-th, and of those at most `fps` per second on average (0: all)."""

    def __init__(self, fps: float, stride: int) -> None:
        self._fps, self._stride = fps, stride
        self._last_slot = -1

    def accepts(self, index: int, media_time: float) -> bool:
        """Whether to process frame `index`; call once per frame, in order."""
        if index % self._stride:
            return False
        if self._fps <= 0:
            return True
        slot = math.floor(media_time * self._fps + 1e-6)
        if slot <= self._last_slot:
            return False
        self._last_slot = slot
        return True
