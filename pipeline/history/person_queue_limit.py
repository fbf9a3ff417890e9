"""Keeps the queue of `person` events short where nobody publishes them: the newest wait for a later `history.bind`."""

import logging
import time
from collections.abc import Callable, Collection

from pipeline.history.database import Database

log = logging.getLogger(__name__)

MAX_WAITING = 10_000
STEP_ROWS = 2000  # deleted in one transaction
PAUSE_SECONDS = 10.0  # between two looks while there are not too many


class PersonQueueLimit:
    """Deletes the oldest events beyond `most`, for a recorder that does not publish. clock: monotonic seconds."""

    def __init__(
        self, database: Database, *, most: int = MAX_WAITING, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._database, self._most, self._clock = database, most, clock
        self._next = clock()
        self._is_deleting = False

    def step(self, _: Collection[int] = ()) -> None:
        """Delete some that are too many, and say so once. Raises like `Database`."""
        if self._clock() < self._next:
            return
        with self._database.writing():
            deleted = self._delete()
        self._next = self._clock() + (0.0 if deleted == STEP_ROWS else PAUSE_SECONDS)
        if deleted and not self._is_deleting:
            self._is_deleting = True
            log.warning(
                "history %s: more than %d person events wait and nobody publishes them (history.bind):"
                " the oldest are deleted from now on",
                self._database.name,
                self._most,
            )

    def _delete(self) -> int:
        newest_surplus = self._database.rows(
            "SELECT id FROM person_queue ORDER BY id DESC LIMIT 1 OFFSET ?", (self._most,)
        )
        return sum(
            self._database.change(
                "DELETE FROM person_queue WHERE id IN (SELECT id FROM person_queue WHERE id <= ? ORDER BY id LIMIT ?)",
                (last, STEP_ROWS),
            )
            for (last,) in newest_surplus
        )
