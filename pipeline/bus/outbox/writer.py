"""Stores published events in SQLite, so that subscribers can request those they missed.

A separate thread writes, in one transaction per `commit_seconds`: writing on the engine's thread would stall it
whenever the disk stalls, and a transaction per event costs several times as much as publishing it (see
`python -m benchmarks.bus`). With WAL and synchronous=NORMAL, a killed process loses at most the last commit interval; a
power cut may lose a few more seconds but does not corrupt the file. While nothing can be stored, events wait in a
bounded queue, from which they can be replayed, and are stored once there is room; what does not fit into the queue is
lost, counted and logged.

Each row carries two checksums, of its key and of its body; a damaged row is skipped and reported. A damaged file is
replaced by what can be read of it. One process at a time may write a file: a lock beside it says so. A file that is
deleted or replaced under the writer is noticed with the next commit.
"""

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from configs.at_rest import MAGIC, KeyNeededError, StoreCipher
from pipeline.bus.outbox.age_bound import AgeBound
from pipeline.bus.outbox.consumers import Consumers
from pipeline.bus.outbox.file_lock import identity_of, lock_outbox
from pipeline.bus.outbox.prune import DEFAULT, Pruning, Retention
from pipeline.bus.outbox.rows import INSERT, IdentifiedRow, Row, lost_row, row_of
from pipeline.bus.outbox.salvage import finish_rebuild, is_damage, is_unreadable, rebuild
from pipeline.bus.outbox.schema import MAX_ID, DamagedOutboxError, open_outbox
from pipeline.bus.outbox.sent_record import SentRecord, has_record
from pipeline.events import Event

log = logging.getLogger(__name__)

_MAX_PENDING_EVENTS = 50_000
_BATCH_EVENTS = 5000
_PROBE_EVENTS = 100  # of a commit after one that failed
_RETRY_SECONDS = 0.2
_REPAIR_PAUSE_SECONDS = 60.0  # a disk that damages what was just written must not keep the writer busy
_FLUSH_TIMEOUT_SECONDS = 1.0
_TRUSTED_EVENTS = 1000  # at the start: some minutes of a busy node


class Outbox:
    """The writing side. Call `put` from one thread at a time; the other methods may be called from any thread.

    sent: notes of what was sent while nothing could be stored.  dropped: events that are lost for good.
    Raises ValueError if `path` is a file but not an outbox, if its folder does not exist, if another node uses it, or
    if there is no room for it; and for one with sealed events whose key is not in the environment (`configs.at_rest`).
    """

    def __init__(
        self,
        path: str | Path,
        *,
        retention: Retention = DEFAULT,
        commit_seconds: float = 0.2,
        clock: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = Path(path)
        self.dropped = 0
        self._commit_seconds = commit_seconds
        self._clock, self._steady = clock, steady
        self._pending: list[Row] = []
        self._accepted = self._written = self._failures = self._repairs = 0
        self._flush_target = self._late_target = 0
        self._repair_requested = self._closing = self._is_failing = self._is_full = False
        self._next_repair = -_REPAIR_PAUSE_SECONDS
        self._changed = threading.Condition()
        self._age = AgeBound(retention.hours * 3600)
        self._cipher = StoreCipher("outbox", self.path)
        self._lock = lock_outbox(self.path)
        try:
            self._connection, self._last_id, trusted = _open_or_rebuild(self.path)
            self.sent = _open_record(self.path)
        except ValueError:
            os.close(self._lock)
            raise
        self._consumers = Consumers(self.path)
        self._pruning = Pruning(self.path, retention, self._age, self._consumers)
        self._identity = identity_of(self.path)
        self._age.start(min(trusted, self._clock()))
        self._start()

    @property
    def size(self) -> int | None:
        """Bytes of the file and its log; None while it cannot be looked at."""
        files = (self.path, self.path.with_name(f"{self.path.name}-wal"))
        try:
            return sum(file.stat().st_size for file in files if file.exists())
        except OSError:
            return None

    def put(self, topic: str, event: Event, body: bytes) -> None:
        """Queue an encoded event; returns at once."""
        self._put(row_of(topic, event, body, self._cipher))

    def put_lost(self, epoch: str, topic: str, seq: int, wall_time: float) -> None:
        """Queue the mark of an event that was sent and is not stored, so that subscribers are told of it."""
        self._put(lost_row(epoch, topic, seq, wall_time))

    def acknowledged(self, consumer: str) -> int:
        """The row up to which a consumer has every event; 0 for one that is not known."""
        return self._consumers.acknowledged(consumer)

    def acknowledge(self, consumer: str, row: int) -> None:
        """Note that a consumer has every event up to this row; what follows is kept for it.

        Raises OSError, and TooManyConsumersError.
        """
        self._consumers.acknowledge(consumer, row, self._age.newest)

    def flush(self, timeout: float = _FLUSH_TIMEOUT_SECONDS) -> bool:
        """Store the events queued so far; False if the disk refuses them or takes longer than `timeout` seconds."""
        with self._changed:
            target, failures = self._accepted, self._failures
            if self._written < target:
                self._flush_target = target
                self._changed.notify_all()
            is_tried = self._changed.wait_for(lambda: self._written >= target or self._failures > failures, timeout)
            if not is_tried and not self.is_late:
                self._late_target = target
            return self._written >= target

    @property
    def is_late(self) -> bool:
        """Whether events are still not stored for which an earlier `flush` has waited."""
        return self._written < self._late_target

    @property
    def is_incomplete(self) -> bool:
        """Whether events of this run are lost, or may be because the file was damaged."""
        return bool(self.dropped or self._repairs)

    def unstored(self) -> list[IdentifiedRow]:
        """The events that wait to be stored, with the numbers that they get."""
        with self._changed:
            return self._numbered(self._pending)

    def repair(self) -> bool:
        """Replace the file by what can be read of it; False if that cannot be done now. Waits for it."""
        with self._changed:
            if self._closing:
                return False
            repairs, failures = self._repairs, self._failures
            self._repair_requested = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: (self._repairs, self._failures) != (repairs, failures) or self._closing)
            return self._repairs > repairs

    def close(self) -> None:
        """Commit all events and stop the writer; may be called twice."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._finish()
        self._connection.close()
        lock, self._lock = self._lock, -1
        if lock >= 0:
            os.close(lock)

    def _put(self, row: Row) -> None:
        with self._changed:
            was_full, self._is_full = self._is_full, len(self._pending) >= _MAX_PENDING_EVENTS
            if self._is_full:
                self.dropped += 1
            else:
                self._pending.append(row)
                self._accepted += 1
                if len(self._pending) == 1:
                    self._changed.notify_all()
        if self._is_full and not was_full:
            log.error("outbox %s: nothing has been stored for long; from now on events are lost", self.path)

    def _start(self) -> None:
        """Start the thread that writes."""
        self._writer = threading.Thread(target=self._run, name="outbox", daemon=True)
        self._writer.start()

    def _finish(self) -> None:
        """Wait until everything is written, or given up."""
        self._writer.join()

    def _run(self) -> None:
        while self._store_next():
            pass

    def _store_next(self) -> bool:
        """Wait for a batch and store it; False when closing with nothing left."""
        batch = self._next_batch()
        if batch is None:
            return False
        error = self._try_to_store(batch)
        with self._changed:
            if error is None:
                del self._pending[: len(batch)]
                self._written += len(batch)
                self._last_id += len(batch)
            else:
                self._failures += 1
                self._flush_target = self._written
            if error and self._closing:
                self._give_up()
            self._changed.notify_all()
        self._log(error)
        return True

    def _next_batch(self) -> list[Row] | None:
        """Wait for an event and then for the commit interval; return None when closing with nothing left."""
        with self._changed:
            self._changed.wait_for(lambda: self._pending or self._closing or self._repair_requested)
            pause = max(self._commit_seconds, _RETRY_SECONDS) if self._is_failing else self._commit_seconds
            self._changed.wait_for(
                lambda: self._written < self._flush_target or self._closing or self._repair_requested, pause
            )
            if self._closing and not self._pending:
                return None
            return self._pending[: _PROBE_EVENTS if self._is_failing else _BATCH_EVENTS]

    def _try_to_store(self, batch: list[Row]) -> Exception | None:
        """Repair the file if that was requested or is needed, and store; return why that failed."""
        try:
            if self._repair_requested:
                self._repair_requested = False
                self._repair()
            if batch:
                self._store(batch)
        except (sqlite3.Error, OSError, ValueError) as error:
            return error
        return None

    def _store(self, batch: list[Row]) -> None:
        try:
            self._write(batch)
        except sqlite3.DatabaseError as error:
            if not (is_damage(error) or isinstance(error, sqlite3.ProgrammingError)):  # closed by a repair that failed
                raise
            self._repair()
            self._write(batch)

    def _give_up(self) -> None:
        """Count what waits as lost."""
        self.dropped += len(self._pending)
        self._written += len(self._pending)
        self._pending = []

    def _log(self, error: Exception | None) -> None:
        """Log the first of several failures, and their end: each one would be five lines a second on a full disk."""
        if error and not self._is_failing:
            log.error("outbox %s: cannot store events, which wait in memory: %s", self.path, error)
        elif self._is_failing and not error:
            log.warning("outbox %s: events are stored again, %d are missing", self.path, self.dropped)
        self._is_failing = error is not None

    def _numbered(self, rows: list[Row]) -> list[IdentifiedRow]:
        return [IdentifiedRow(number, *row) for number, row in enumerate(rows, self._last_id + 1)]

    def _reopen_if_replaced(self) -> None:
        """Go on in the file at `path` if it is no longer the one that was opened; make a new one if it is gone."""
        if identity_of(self.path) == self._identity:
            return
        lock = lock_outbox(self.path, held=self._lock)
        os.close(self._lock)
        self._lock = lock
        self._connection.close()
        for suffix in ("-wal", "-shm"):  # SQLite would write the pages of the old file into the new one
            self.path.with_name(f"{self.path.name}{suffix}").unlink(missing_ok=True)
        self._reopen()
        log.error(
            "outbox %s was deleted or replaced while the node runs: what it held cannot be replayed any more; "
            "events from now on are stored in the file that is there, or in a new one",
            self.path,
        )

    def _repair(self) -> None:
        if self._steady() < self._next_repair:
            raise OSError("the file is damaged again soon after its repair")
        self._next_repair = self._steady() + _REPAIR_PAUSE_SECONDS
        self._connection.close()
        try:
            rebuild(self.path)
            self._repairs += 1
        finally:
            self._reopen()

    def _reopen(self) -> None:
        self._connection, self._identity = open_outbox(self.path), identity_of(self.path)
        newest, _ = _newest(self._connection)
        with self._changed:
            self._last_id = max(self._last_id, newest)

    def _write(self, batch: list[Row]) -> None:
        self._reopen_if_replaced()
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(INSERT, self._numbered(batch))
            self._age.note(batch[-1].wall_time, self._steady())
            self._pruning.step(self._connection, len(batch))


def _open_or_rebuild(path: Path) -> tuple[sqlite3.Connection, int, float]:
    """Open the file, and read `_newest` of it; one that is damaged gives way to a new one. Raises ValueError."""
    finish_rebuild(path)
    was_used = has_record(path)
    if was_used and not (path.exists() and path.stat().st_size):
        log.error("outbox %s is gone or empty: what it held cannot be replayed any more", path)
    try:
        return _open_and_read(path)
    except ValueError as error:
        # A file that is no database is taken away only if it was one, and our own.
        if not (was_used and is_unreadable(error.__cause__)):
            raise
    try:
        rebuild(path)
    except (sqlite3.Error, OSError) as error:
        raise ValueError(f"events.outbox: {str(path)!r} is damaged and cannot be repaired: {error}") from error
    return _open_and_read(path)


def _open_and_read(path: Path) -> tuple[sqlite3.Connection, int, float]:
    connection = open_outbox(path)
    try:
        _check_key(connection, StoreCipher("outbox", path))
        return connection, *_newest(connection)
    except sqlite3.Error as error:
        connection.close()
        raise ValueError(f"events.outbox: cannot use {str(path)!r}: {error}") from error
    except KeyNeededError:
        connection.close()
        raise


def _newest(connection: sqlite3.Connection) -> tuple[int, float]:
    """The highest row number ever, and the earliest time among the newest events: not one from a clock that was ahead
    for a short while. Raises sqlite3.Error."""
    (used,) = connection.execute("SELECT max(seq) FROM sqlite_sequence WHERE typeof(seq) = 'integer'").fetchone()
    (newest,) = connection.execute("SELECT max(id) FROM events").fetchone()
    query = (
        "SELECT min(wall_time) FROM (SELECT wall_time FROM events ORDER BY id DESC LIMIT ?)"
        " WHERE typeof(wall_time) IN ('real', 'integer')"
    )
    (earliest,) = connection.execute(query, (_TRUSTED_EVENTS,)).fetchone()
    if (last := max(used or 0, newest or 0)) > MAX_ID:
        raise DamagedOutboxError(f"row number {last}")
    return last, float(earliest or 0.0)


def _check_key(connection: sqlite3.Connection, cipher: StoreCipher) -> None:
    """Raise KeyNeededError where the newest sealed event is of another key: all would be told to be lost."""
    newest = "SELECT CAST(body AS BLOB) AS body FROM events ORDER BY id DESC LIMIT ?"
    query = f"SELECT body FROM ({newest}) WHERE substr(body, 1, ?) = ? LIMIT 1"
    found: list[tuple[bytes]] = []
    with suppress(sqlite3.Error):  # damage is repaired when it is met again
        found = connection.execute(query, (_TRUSTED_EVENTS, len(MAGIC), MAGIC)).fetchall()
    for (body,) in found:
        cipher.open_sound(body)


def _open_record(path: Path) -> SentRecord:
    try:
        return SentRecord(path)
    except OSError as error:
        raise ValueError(f"events.outbox: cannot open {str(path)!r}: {error}") from error
