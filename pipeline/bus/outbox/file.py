"""The file that an outbox writes: transactions, retention, repair, and a file that was deleted or replaced.

Each row carries two checksums, of its key and of its body; a damaged row is skipped and reported. A damaged file is
replaced by what can be read of it. One process at a time may write a file: a lock beside it says so. A file that is
deleted or replaced under the writer is noticed with the next commit.
"""

import logging
import os
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.bus.outbox.age_bound import AgeBound
from pipeline.bus.outbox.consumers import Consumers
from pipeline.bus.outbox.file_lock import identity_of, lock_outbox
from pipeline.bus.outbox.open_for_writing import open_or_rebuild, read_newest
from pipeline.bus.outbox.prune import Pruning, Retention
from pipeline.bus.outbox.rows import INSERT, IdentifiedRow, Row
from pipeline.bus.outbox.salvage import is_damage, rebuild
from pipeline.bus.outbox.schema import open_outbox
from pipeline.bus.outbox.sent_record import SentRecord

log = logging.getLogger(__name__)

_REPAIR_PAUSE_SECONDS = 60.0  # a disk that damages what was just written must not keep the writer busy


class OutboxFile:
    """Call `store`, `repair` and `close` from one thread at a time.

    sent: notes of what was sent while nothing could be stored.  repairs: how often the file was replaced.
    consumers: up to where each consumer has every event.
    last_id: of the newest row. Whoever calls `store` adds to it when the rows have left the queue, because those that
    wait are numbered from it.  Raises ValueError as `Outbox` does.
    """

    def __init__(
        self, path: Path, *, retention: Retention, clock: Callable[[], float], steady: Callable[[], float]
    ) -> None:
        self.path = path
        self.repairs = 0
        self._steady = steady
        self._next_repair = -_REPAIR_PAUSE_SECONDS
        self._age = AgeBound(retention.hours * 3600)
        self._lock = lock_outbox(path)
        try:
            self.connection, self.last_id, trusted = open_or_rebuild(path)
            self.sent = _open_record(path)
        except ValueError:
            os.close(self._lock)
            raise
        self.consumers = Consumers(path)
        self._pruning = Pruning(path, retention, self._age, self.consumers)
        self._identity = identity_of(path)
        self._age.start(min(trusted, clock()))

    @property
    def size(self) -> int | None:
        """Bytes of the file and its log; None while it cannot be looked at."""
        files = (self.path, self.path.with_name(f"{self.path.name}-wal"))
        try:
            return sum(file.stat().st_size for file in files if file.exists())
        except OSError:
            return None

    def number(self, rows: Sequence[Row]) -> list[IdentifiedRow]:
        """The rows with the numbers that they get when they are stored next."""
        return [IdentifiedRow(number, *row) for number, row in enumerate(rows, self.last_id + 1)]

    def store(self, batch: Sequence[Row]) -> None:
        """Store one row or more in a transaction; repair a damaged file.

        Raises sqlite3.Error, OSError or ValueError.
        """
        try:
            self._write(batch)
        except sqlite3.DatabaseError as error:
            if not (is_damage(error) or isinstance(error, sqlite3.ProgrammingError)):  # closed by a repair that failed
                raise
            self.repair()
            self._write(batch)

    def repair(self) -> None:
        """Replace the file by what can be read of it. Raises sqlite3.Error, OSError or ValueError if that fails now."""
        if self._steady() < self._next_repair:
            raise OSError("the file is damaged again soon after its repair")
        self._next_repair = self._steady() + _REPAIR_PAUSE_SECONDS
        self.connection.close()
        try:
            rebuild(self.path)
            self.repairs += 1
        finally:
            self._reopen()

    def acknowledge(self, consumer: str, row: int) -> None:
        """Note that a consumer has every event up to this row; any thread may call it.

        Raises OSError, and TooManyConsumersError.
        """
        self.consumers.acknowledge(consumer, row, self._age.newest)

    def close(self) -> None:
        """Close the file and give the lock back; may be called twice."""
        self.connection.close()
        lock, self._lock = self._lock, -1
        if lock >= 0:
            os.close(lock)

    def _write(self, batch: Sequence[Row]) -> None:
        self._reopen_if_replaced()
        with self.connection:
            self.connection.execute("BEGIN IMMEDIATE")
            self.connection.executemany(INSERT, self.number(batch))
            self._age.note(batch[-1].wall_time, self._steady())
            self._pruning.step(self.connection, len(batch))

    def _reopen_if_replaced(self) -> None:
        """Go on in the file at `path` if it is no longer the one that was opened; make a new one if it is gone."""
        if identity_of(self.path) == self._identity:
            return
        lock = lock_outbox(self.path, held=self._lock)
        os.close(self._lock)
        self._lock = lock
        self.connection.close()
        for suffix in ("-wal", "-shm"):  # SQLite would write the pages of the old file into the new one
            self.path.with_name(f"{self.path.name}{suffix}").unlink(missing_ok=True)
        self._reopen()
        log.error(
            "outbox %s was deleted or replaced while the node runs: what it held cannot be replayed any more; "
            "events from now on are stored in the file that is there, or in a new one",
            self.path,
        )

    def _reopen(self) -> None:
        self.connection, self._identity = open_outbox(self.path), identity_of(self.path)
        newest, _ = read_newest(self.connection)
        self.last_id = max(self.last_id, newest)


def _open_record(path: Path) -> SentRecord:
    try:
        return SentRecord(path)
    except OSError as error:
        raise ValueError(f"events.outbox: cannot open {str(path)!r}: {error}") from error
