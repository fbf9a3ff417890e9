"""Bounds how much of each live frame is searched, so that a step over all cameras takes about STEP_SECONDS.

A step processes one frame of each camera. While it runs, the next frames wait, so a long step makes every event late,
and on a slow machine leaves so few frames that no face is ever seen three times in a row. The allowance follows the
speed that searches had lately: it shrinks when other programs need the machine.
"""

import threading

STEP_SECONDS = 0.07
FIRST_PIXELS_PER_SECOND = 10e6  # before anything was measured; one slow core
WEIGHT = 0.1  # of each new measurement in the running mean
LEAST_PIXELS = 2 * 384**2  # network pixels of every frame, however slow the machine: two of the largest windows

LEAST_MEASURED = 256**2 / 2  # network pixels of a search whose time says something: half of the smallest window


class Allowance:
    """How many network pixels a live frame may be searched in. Threads may share it."""

    def __init__(self, *, cameras: int, threads: int) -> None:
        """cameras: live ones, whose frames are searched by so many threads."""
        self._threads = threads
        self.share_among(cameras)
        self._pixels_per_second = FIRST_PIXELS_PER_SECOND
        self._lock = threading.Lock()

    def share_among(self, cameras: int) -> None:
        """So many live cameras are searched from now on."""
        self._frames_at_once = max(1.0, cameras / self._threads)

    @property
    def pixels(self) -> float:
        """Network pixels that one frame may be searched in now."""
        return max(LEAST_PIXELS, self._pixels_per_second * STEP_SECONDS / self._frames_at_once)

    def measure(self, pixels: float, seconds: float) -> None:
        """Note how long a search took. One of very few pixels says nothing and does not count."""
        if pixels < LEAST_MEASURED or seconds <= 0:
            return
        with self._lock:
            speed = min(max(pixels / seconds, self._pixels_per_second / 2), self._pixels_per_second * 2)
            self._pixels_per_second += WEIGHT * (speed - self._pixels_per_second)
