"""Stores published events in SQLite, so that subscribers can request those they missed.

A separate thread writes, in one transaction per `commit_seconds`: writing on the engine's thread would stall it
whenever the disk stalls, and a transaction per event costs several times as much as publishing it (see
`python -m benchmarks.bus`). With WAL and synchronous=NORMAL, a killed process loses at most the last commit interval; a
power cut may lose a few more seconds but does not corrupt the file. While nothing can be stored, events wait in a
bounded queue, from which they can be replayed, and are stored once there is room; what does not fit into the queue is
lost, counted and logged.
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

from configs.at_rest import StoreCipher
from pipeline.bus.outbox.file import OutboxFile
from pipeline.bus.outbox.prune import DEFAULT, Retention
from pipeline.bus.outbox.rows import IdentifiedRow, Row, lost_row, row_of
from pipeline.events import Event

log = logging.getLogger(__name__)

_MAX_PENDING_EVENTS = 50_000
_BATCH_EVENTS = 5000
_PROBE_EVENTS = 100  # of a commit after one that failed
_RETRY_SECONDS = 0.2
_FLUSH_TIMEOUT_SECONDS = 1.0


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
        self._pending: list[Row] = []
        self._accepted = self._written = self._failures = 0
        self._flush_target = self._late_target = 0
        self._repair_requested = self._closing = self._is_failing = self._is_full = False
        self._changed = threading.Condition()
        self._cipher = StoreCipher("outbox", self.path)
        self._file = OutboxFile(self.path, retention=retention, clock=clock, steady=steady)
        self.sent = self._file.sent
        self._start()

    @property
    def size(self) -> int | None:
        """Bytes of the file and its log; None while it cannot be looked at."""
        return self._file.size

    def put(self, topic: str, event: Event, body: bytes) -> None:
        """Queue an encoded event; returns at once."""
        self._put(row_of(topic, event, body, self._cipher))

    def put_lost(self, epoch: str, topic: str, seq: int, wall_time: float) -> None:
        """Queue the mark of an event that was sent and is not stored, so that subscribers are told of it."""
        self._put(lost_row(epoch, topic, seq, wall_time))

    def acknowledged(self, consumer: str) -> int:
        """The row up to which a consumer has every event; 0 for one that is not known."""
        return self._file.consumers.acknowledged(consumer)

    def acknowledge(self, consumer: str, row: int) -> None:
        """Note that a consumer has every event up to this row; what follows is kept for it.

        Raises OSError, and TooManyConsumersError.
        """
        self._file.acknowledge(consumer, row)

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
        return bool(self.dropped or self._file.repairs)

    def unstored(self) -> list[IdentifiedRow]:
        """The events that wait to be stored, with the numbers that they get."""
        with self._changed:
            return self._file.number(self._pending)

    def repair(self) -> bool:
        """Replace the file by what can be read of it; False if that cannot be done now. Waits for it."""
        with self._changed:
            if self._closing:
                return False
            repairs, failures = self._file.repairs, self._failures
            self._repair_requested = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: (self._file.repairs, self._failures) != (repairs, failures) or self._closing)
            return self._file.repairs > repairs

    def close(self) -> None:
        """Commit all events and stop the writer; may be called twice."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._finish()
        self._file.close()

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
                self._file.last_id += len(batch)
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
                self._file.repair()
            if batch:
                self._file.store(batch)
        except (sqlite3.Error, OSError, ValueError) as error:
            return error
        return None

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
