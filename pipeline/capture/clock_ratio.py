"""Tells whether the clock of a stream runs as fast as the clock by which its frames arrive."""

WINDOW_SECONDS = 10.0
"""How long the two clocks are compared for one verdict. Longer than what networks and playlists hold back."""

MAX_DEVIATION = 0.2
"""Share by which a clock may be too fast or too slow. Quartz is off by 0.0001; more than this share is a wrong unit."""


class ClockRatio:
    """Compares a stream's clock with arrival. Two windows in a row that are off to the same side make it wrong."""

    def __init__(self) -> None:
        self.is_plausible = True
        self._stream = self._arrival = 0.0
        self._last_side = 0

    def restart(self) -> None:
        """Begin a new window: the stream was interrupted. What is known of its clock stays."""
        self._stream = self._arrival = 0.0
        self._last_side = 0

    def note(self, step: float, elapsed: float) -> None:
        """Add the seconds between two frames: by the stream's clock, and by arrival."""
        self._stream += step
        self._arrival += elapsed
        if self._arrival >= WINDOW_SECONDS:
            self._judge(self._stream / self._arrival)
            self._stream = self._arrival = 0.0

    def _judge(self, ratio: float) -> None:
        side = (ratio > 1 + MAX_DEVIATION) - (ratio < 1 - MAX_DEVIATION)
        if side in (0, self._last_side):
            self.is_plausible = side == 0
        self._last_side = side
