"""Deletes the oldest events of an outbox: within its retention, and later where a consumer has not had them yet."""

import logging
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from pipeline.bus.outbox.age_bound import AgeBound
from pipeline.bus.outbox.consumers import Consumers

log = logging.getLogger(__name__)

_SPARE_ROWS = 1000
_PAGES = ("page_count", "freelist_count", "page_size")


@dataclass(frozen=True, slots=True)
class Retention:
    """How much is stored: at most `events`, none older than `hours`.

    Beyond that, what a consumer has not acknowledged: while the events take at most `wait_mb` megabytes, and none that
    is older than `wait_hours`. A consumer that was not heard for so long is not waited for.
    """

    events: int = 200_000
    hours: float = 168.0
    wait_mb: float = 2000.0
    wait_hours: float = 720.0


DEFAULT = Retention()


class Pruning:
    """The retention of one outbox. Its methods raise sqlite3.Error."""

    def __init__(self, path: Path, retention: Retention, age: AgeBound, consumers: Consumers) -> None:
        self._path, self._retention, self._age, self._consumers = path, retention, age, consumers
        self._is_overfull = False

    def step(self, connection: sqlite3.Connection, added: int) -> None:
        """Delete only slightly more rows than were added, so that no commit takes long."""
        oldest, newest = connection.execute("SELECT min(id), max(id) FROM events").fetchone()
        last, surplus = oldest + added + _SPARE_ROWS - 1, newest - self._retention.events
        held = self._consumers.held_from(since=self._too_old)
        if held is None:
            _delete(connection, surplus, newest=last, before=self._age.oldest)
            return
        last_acknowledged = min(held, last)
        _delete(connection, min(surplus, last_acknowledged), newest=last_acknowledged, before=self._age.oldest)
        self._end_waiting(connection, min(surplus, last), last)

    @property
    def _too_old(self) -> float:
        """Nothing before this time (Unix seconds) is kept for anybody."""
        return self._age.newest - self._retention.wait_hours * 3600

    def _end_waiting(self, connection: sqlite3.Connection, surplus: int, last: int) -> None:
        """Delete what consumers have not had, where it takes too much room or is too old."""
        is_large = _used_bytes(connection) > self._retention.wait_mb * 1e6
        deleted = _delete(connection, surplus if is_large else 0, newest=last, before=self._too_old)
        if deleted and not self._is_overfull:
            log.error("outbox %s: a consumer is too far behind: the oldest events are lost to it", self._path)
        self._is_overfull = deleted > 0


def _delete(connection: sqlite3.Connection, row: int, *, newest: int, before: float) -> int:
    """Delete rows up to `row`, and those up to `newest` that are older than `before`; returns how many."""
    statement = "DELETE FROM events WHERE id <= ? OR (id <= ? AND wall_time < ?)"
    return connection.execute(statement, (row, newest, before)).rowcount


def _used_bytes(connection: sqlite3.Connection) -> int:
    """Bytes of the pages in use: what was deleted leaves pages for what comes next."""
    pages, free, size = (int(connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in _PAGES)
    return (pages - free) * size
