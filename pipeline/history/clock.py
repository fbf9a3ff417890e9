"""The clock by which a history counts ages: it goes on evenly where the clock of the machine jumps.

A machine without a battery starts in 1970 and learns the time later; somebody types a wrong year. By such a clock,
everything would be too old at once, or nothing ever.
"""

import logging
import time
from collections.abc import Callable

from pipeline.history.database import Database

log = logging.getLogger(__name__)

MAX_JUMP_SECONDS = 3600.0  # below it the machine's clock is followed
SAVE_SECONDS = 60.0


def seconds_since_boot() -> float:
    """Seconds, those of sleep included, that no setting of the clock changes."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class HistoryClock:
    """Unix seconds, corrected by every jump since the history began.

    A jump while this process runs is recognised by `steady`; one between two runs only where the clock went back. How
    far this clock is ahead of the machine's is stored in the history, for `recorder`, about once a minute.
    wall: Unix seconds of the machine.  steady: seconds that never jump.  Raises like `Database`.
    """

    def __init__(
        self,
        database: Database,
        recorder: str = "",
        *,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = seconds_since_boot,
    ) -> None:
        self._database, self._recorder, self._read_wall, self._read_steady = database, recorder, wall, steady
        self._wall, self._steady = wall(), steady()
        self._ahead = self._stored_ahead()
        self._saved = -float("inf")

    def __call__(self) -> float:
        """The time now. Stores it now and then, as a part of the transaction in which it is asked for."""
        wall, steady = self._read_wall(), self._read_steady()
        jump = (wall - self._wall) - (steady - self._steady)
        self._wall, self._steady = wall, steady
        if abs(jump) > MAX_JUMP_SECONDS:
            self._correct(-jump)
        if steady - self._saved >= SAVE_SECONDS or abs(jump) > MAX_JUMP_SECONDS:
            self._save(wall + self._ahead)
            self._saved = steady
        return wall + self._ahead

    def _stored_ahead(self) -> float:
        query = "SELECT time, ahead FROM clocks WHERE recorder = ?"
        for last, ahead in self._database.rows(query, (self._recorder,)):
            self._ahead = float(ahead)
            back = float(last) - (self._wall + self._ahead)
            if back > MAX_JUMP_SECONDS:
                self._correct(back)
            return self._ahead
        return 0.0

    def _correct(self, seconds: float) -> None:
        self._ahead += seconds
        log.warning("history: the machine's clock jumped by %.0f s; ages are counted without the jump", -seconds)

    def _save(self, now: float) -> None:
        self._database.change(
            "INSERT INTO clocks (recorder, time, ahead) VALUES (?, ?, ?)"
            " ON CONFLICT (recorder) DO UPDATE SET time = excluded.time, ahead = excluded.ahead",
            (self._recorder, now, self._ahead),
        )
