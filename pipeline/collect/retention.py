"""Deletes entries that are too old, in small steps: those that a bridge lacks only where there is no more room."""

import logging
import time
from collections.abc import Callable, Sequence

from pipeline.history.database import Database
from pipeline.history.retention import DAY_SECONDS, MB, STEP_PAGES

log = logging.getLogger(__name__)

STEP_ROWS = 2000


class StreamRetention:
    """Applies keep_days and keep_mb. bridges: names of those that are waited for.  clock: Unix seconds."""

    def __init__(
        self,
        database: Database,
        *,
        days: float,
        megabytes: float,
        bridges: Sequence[str] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database, self._bridges, self._clock = database, bridges, clock
        self._seconds, self._max_bytes = days * DAY_SECONDS, megabytes * MB
        self._is_losing = False

    def step(self) -> bool:
        """Delete a few entries; whether more are due. Raises like `Database`."""
        with self._database.writing():
            passed = self._passed_on()
            old = self._oldest("SELECT id, length(body) FROM events WHERE arrived < ? ORDER BY id LIMIT ?", passed)
            deleted = self._delete(old) + self._make_room(passed)
        return self._database.give_back(STEP_PAGES) or deleted >= STEP_ROWS

    def _oldest(self, query: str, passed: int | None) -> list[tuple[int, int]]:
        rows = self._database.rows(query, (self._clock() - self._seconds, STEP_ROWS))
        return [(number, size) for number, size in rows if passed is None or number <= passed]

    def _make_room(self, passed: int | None) -> int:
        """Delete the oldest entries where all take too many bytes; say so where a bridge has not had them."""
        surplus = int(self._database.rows("SELECT value FROM figures WHERE name = 'bytes'")[0][0]) - self._max_bytes
        chosen: list[tuple[int, int]] = []
        for number, size in self._database.rows(
            "SELECT id, length(body) FROM events ORDER BY id LIMIT ?", (STEP_ROWS if surplus > 0 else 0,)
        ):
            if surplus <= 0:
                break
            chosen.append((number, size))
            surplus -= size
        is_losing = bool(chosen) and passed is not None and chosen[-1][0] > passed
        if is_losing and not self._is_losing:
            log.error("collection %s: no room (collect.keep_mb): a bridge loses what it is behind", self._database.name)
        self._is_losing = is_losing
        return self._delete(chosen)

    def _passed_on(self) -> int | None:
        """The number up to which all bridges have everything; None without bridges."""
        known: dict[str, int] = dict(self._database.rows("SELECT name, number FROM bridges"))
        return min((known.get(name, 0) for name in self._bridges), default=None)

    def _delete(self, entries: Sequence[tuple[int, int]]) -> int:
        if not entries:
            return 0
        for number, _ in entries:
            self._database.change("DELETE FROM events WHERE id = ?", (number,))
        size = sum(size for _, size in entries)
        self._database.change("UPDATE figures SET value = value - ? WHERE name = 'bytes'", (size,))
        self._database.change(
            "UPDATE figures SET value = ? WHERE name = 'pruned' AND value < ?", (entries[-1][0], entries[-1][0])
        )
        self._database.change("DELETE FROM skipped WHERE number <= ?", (entries[-1][0],))
        return len(entries)
