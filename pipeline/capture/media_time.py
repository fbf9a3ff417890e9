"""Media time of live cameras, which follows timestamps that jump, repeat, go missing and run at a wrong rate; and which
frames to process by it.

Media time is a sum of steps between frames. A plausible step comes from the timestamps, any other from the clock of
arrival. So a wrong timestamp distorts one step, and media time continues over a new connection. The sum stays near the
clock of arrival. Recordings have recorded_time.py.
"""

import math

from pipeline.capture.clock_ratio import ClockRatio
from pipeline.capture.stamp_order import MIN_STEP_SECONDS

MAX_JUMP_SECONDS = 10.0
"""How far one step of a live stream's timestamps may exceed the time since the last frame arrived."""

MAX_DRIFT_SECONDS = 10.0
"""How far media time may lie before or behind the clock of arrival: more than networks and playlists hold back."""

SLEW = 4 / 3
"""By how much steps are stretched or shortened after that, until media time is level with arrival again."""


class LiveMediaTime:
    """Media time of a live camera over all its connections, from 0 at its first frame."""

    def __init__(self) -> None:
        self._media_time = self._elapsed = 0.0
        self._arrival: float | None = None
        self._timestamp: float | None = None
        self._ratio = ClockRatio()
        self._slew = 1.0

    def reconnect(self) -> None:
        """Forget the last timestamp: those of the next connection start anywhere."""
        self._timestamp = None
        self._ratio.restart()

    def advance(self, timestamp: float | None, arrival: float) -> float:
        """Return the media time of the next frame.

        timestamp: seconds on the stream's clock, None if missing.  arrival: monotonic seconds.
        """
        if self._arrival is not None:
            elapsed = max(arrival - self._arrival, 0.0)
            self._elapsed += elapsed
            self._media_time += self._keep_near(self._step(timestamp, elapsed))
        self._arrival, self._timestamp = arrival, timestamp
        return self._media_time

    def _step(self, timestamp: float | None, elapsed: float) -> float:
        """Seconds since the last frame, by the stream's clock where it can be believed."""
        if timestamp is not None and self._timestamp is not None:
            step = timestamp - self._timestamp
            if MIN_STEP_SECONDS <= step <= elapsed + MAX_JUMP_SECONDS:
                self._ratio.note(step, elapsed)
                return step if self._ratio.is_plausible else elapsed
        return elapsed

    def _keep_near(self, step: float) -> float:
        """Shorten or stretch a step so that media time stays within MAX_DRIFT_SECONDS of arrival."""
        behind = self._elapsed - self._media_time
        if (behind - step) * (self._slew - 1) <= 0:  # level again, or on the other side
            self._slew = 1.0
        step *= self._slew
        nearest = min(max(step, behind - MAX_DRIFT_SECONDS), behind + MAX_DRIFT_SECONDS)
        if nearest != step:
            self._slew = SLEW if nearest > step else 1 / SLEW
        return max(nearest, MIN_STEP_SECONDS)


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
