"""Turns the time stamps of streams, which jump, repeat and go missing, into media time that only ever grows.

Media time is summed from steps: a believable step is taken from the stamps, any other from the arrival clock (live) or
the frame rate (recordings). So a wrong stamp costs one step, and a new connection simply continues.
"""

import math

MAX_SKIP = 10.0
"""Seconds a live stream's stamps may run ahead of the arrival clock before they count as a jump."""

LEAST = 1e-4
"""Smallest believable step, seconds; frames that arrive in one burst are this far apart at least."""


class LiveTimeline:
    """Media time of a live camera over all its connections, from 0 at the first frame ever."""

    def __init__(self) -> None:
        self._time = 0.0
        self._clock: float | None = None
        self._stamp: float | None = None

    def reconnected(self) -> None:
        """Stamps of the next connection have nothing to do with those so far."""
        self._stamp = None

    def next(self, stamp: float | None, clock: float) -> float:
        """Media time of the next frame from its time stamp and its arrival on the monotonic clock, both in seconds."""
        if self._clock is not None:
            self._time += self._step(stamp, max(clock - self._clock, 0.0))
        self._clock, self._stamp = clock, stamp
        return self._time

    def _step(self, stamp: float | None, elapsed: float) -> float:
        if stamp is not None and self._stamp is not None:
            step = stamp - self._stamp
            if LEAST <= step <= elapsed + MAX_SKIP:
                return step
        return max(elapsed, LEAST)


class RecordedTimeline:
    """Media time of a recording, from 0 at its first frame; the same for every run. Gaps are believed."""

    def __init__(self, rate: float) -> None:
        """rate: frames a second by the file's header, for frames without a usable stamp."""
        self._interval = 1 / rate if rate > 0 and math.isfinite(rate) else 0.04
        self._time: float | None = None
        self._stamp: float | None = None

    def next(self, stamp: float | None) -> float:
        """Media time of the next frame from its time stamp in seconds."""
        if self._time is None:
            self._time, self._stamp = 0.0, stamp
            return 0.0
        step = self._interval if stamp is None or self._stamp is None else stamp - self._stamp
        self._time += step if step >= LEAST else self._interval
        self._stamp = stamp if stamp is not None or self._stamp is None else self._stamp + step
        return self._time


class Sampler:
    """Chooses the frames to process: every `stride`-th, and of those at most `fps` a second on average (0: all)."""

    def __init__(self, fps: float, stride: int) -> None:
        self._fps, self._stride = fps, stride
        self._slot = -1

    def wants(self, index: int, media_time: float) -> bool:
        """Whether frame `index` is to be processed; call once per frame, in order."""
        if index % self._stride:
            return False
        if self._fps <= 0:
            return True
        slot = math.floor(media_time * self._fps + 1e-6)
        if slot <= self._slot:
            return False
        self._slot = slot
        return True
