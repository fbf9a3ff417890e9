"""Stores published events in SQLite, so that subscribers can request those they missed.

A separate thread writes, in one transaction per `commit_seconds`: writing on the engine's thread would stall it
whenever the disk stalls, and a transaction per event costs several times as much as publishing it (see
`python -m benchmarks.bus`). With WAL and synchronous=NORMAL, a killed process loses at most the last commit interval; a
power cut may lose a few more seconds but does not corrupt the file. The queue to the writer is bounded: while the disk
does not respond, events are published but not stored (counted and logged).

Each row carries two checksums, of its key and of its body; a damaged row is skipped and reported. One process at a time
may write a file: a lock beside it says so. A file that is deleted or replaced under the writer is noticed with the next
commit.
"""

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline.bus.outbox.age_bound import AgeBound
from pipeline.bus.outbox.file_lock import identity_of, lock_outbox
from pipeline.bus.outbox.rows import Row, row_of
from pipeline.bus.outbox.schema import open_outbox
from pipeline.events import Event

log = logging.getLogger(__name__)

_MAX_PENDING_EVENTS = 50_000
_PRUNE_SPARE_ROWS = 1000
_FLUSH_TIMEOUT_SECONDS = 1.0
_TRUSTED_EVENTS = 1000  # at the start: some minutes of a busy node


@dataclass(frozen=True, slots=True)
class Retention:
    """How much is stored: at most `events`, none older than `hours`."""

    events: int = 200_000
    hours: float = 168.0


class Outbox:
    """The writing side. Call `put` from one thread only; `flush` may be called from any thread.

    Raises ValueError if `path` is a file but not an outbox, if its folder does not exist, or if another node uses it.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        retention: Retention = Retention(),
        commit_seconds: float = 0.2,
        clock: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = Path(path)
        self.dropped = 0
        self._retention = retention
        self._commit_seconds = commit_seconds
        self._clock, self._steady = clock, steady
        self._pending: list[Row] = []
        self._accepted = self._written = 0
        self._flush_requested = self._closing = False
        self._changed = threading.Condition()
        self._age = AgeBound(retention.hours * 3600)
        self._lock = lock_outbox(self.path)
        try:
            self._connection = open_outbox(self.path)
        except ValueError:
            os.close(self._lock)
            raise
        self._identity = identity_of(self.path)
        self._age.start(min(self._trusted_wall_time(), self._clock()))
        self._writer = threading.Thread(target=self._run, name="outbox", daemon=True)
        self._writer.start()

    def put(self, topic: str, event: Event, body: bytes) -> None:
        """Queue an encoded event; returns at once."""
        row = row_of(topic, event, body)
        with self._changed:
            if len(self._pending) < _MAX_PENDING_EVENTS:
                self._pending.append(row)
                self._accepted += 1
                if len(self._pending) == 1:
                    self._changed.notify_all()
                return
            self.dropped += 1
        if self.dropped == 1:
            log.error("outbox %s: the disk is too slow, events are no longer stored for replay", self.path)

    def flush(self, timeout: float = _FLUSH_TIMEOUT_SECONDS) -> bool:
        """Commit the events queued so far; return False if that takes longer than `timeout` seconds."""
        with self._changed:
            target = self._accepted
            if self._written < target:
                self._flush_requested = True
                self._changed.notify_all()
            return self._changed.wait_for(lambda: self._written >= target, timeout)

    def close(self) -> None:
        """Commit all events and stop the writer; may be called twice."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._writer.join()
        self._connection.close()
        lock, self._lock = self._lock, -1
        if lock >= 0:
            os.close(lock)

    def _run(self) -> None:
        failing = False
        while batch := self._next_batch():
            try:
                self._write(batch)
                if failing:
                    log.warning("outbox %s: events are stored again, %d are missing", self.path, self.dropped)
                failing = False
            except (sqlite3.Error, OSError, ValueError) as error:
                self.dropped += len(batch)
                if not failing:  # logging each failed commit would write to a full disk five times a second
                    log.error("outbox %s: cannot store events: %s", self.path, error)
                failing = True
            with self._changed:
                self._written += len(batch)
                self._changed.notify_all()

    def _next_batch(self) -> list[Row]:
        """Wait for an event and then for the commit interval; return an empty list when closing with nothing left."""
        with self._changed:
            self._changed.wait_for(lambda: self._pending or self._closing)
            self._changed.wait_for(lambda: self._flush_requested or self._closing, self._commit_seconds)
            self._flush_requested = False
            batch, self._pending = self._pending, []
            return batch

    def _trusted_wall_time(self) -> float:
        """The earliest time among the newest events: not one from a clock that was ahead for a short while."""
        query = "SELECT min(wall_time) FROM (SELECT wall_time FROM events ORDER BY id DESC LIMIT ?)"
        (earliest,) = self._connection.execute(query, (_TRUSTED_EVENTS,)).fetchone()
        return float(earliest or 0.0)

    def _reopen_if_replaced(self) -> None:
        """Go on in the file at `path` if it is no longer the one that was opened; make a new one if it is gone."""
        if identity_of(self.path) == self._identity:
            return
        log.error(
            "outbox %s was deleted or replaced while the node runs: what it held cannot be replayed any more; "
            "events from now on are stored in the file that is there, or in a new one",
            self.path,
        )
        lock = lock_outbox(self.path, held=self._lock)
        os.close(self._lock)
        self._lock = lock
        self._connection.close()
        for suffix in ("-wal", "-shm"):  # SQLite would write the pages of the old file into the new one
            self.path.with_name(f"{self.path.name}{suffix}").unlink(missing_ok=True)
        self._connection, self._identity = open_outbox(self.path), identity_of(self.path)

    def _write(self, batch: list[Row]) -> None:
        self._reopen_if_replaced()
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(
                "INSERT OR IGNORE INTO events (epoch, topic, seq, wall_time, body, checksum) VALUES (?, ?, ?, ?, ?, ?)",
                batch,
            )
            self._age.note(batch[-1].wall_time, self._steady())
            self._prune(len(batch))

    def _prune(self, added: int) -> None:
        """Delete the oldest rows, only slightly more than were added, so that no commit takes long."""
        (newest,) = self._connection.execute("SELECT max(id) FROM events").fetchone()
        self._connection.execute("DELETE FROM events WHERE id <= ?", (newest - self._retention.events,))
        self._connection.execute(
            "DELETE FROM events WHERE wall_time < ? AND id IN (SELECT id FROM events ORDER BY id LIMIT ?)",
            (self._age.oldest, added + _PRUNE_SPARE_ROWS),
        )
