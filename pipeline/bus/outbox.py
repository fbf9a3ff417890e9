"""Stores published events in SQLite, so that subscribers can request those they missed.

A separate thread writes, in one transaction per `commit_seconds`: writing on the engine's thread would stall it
whenever the disk stalls, and a transaction per event costs several times as much as publishing it (see
`python -m benchmarks.bus`). With WAL and synchronous=NORMAL, a killed process loses at most the last commit interval; a
power cut may lose a few more seconds but does not corrupt the file. The queue to the writer is bounded: while the disk
does not respond, events are published but not stored (counted and logged).
"""

import json
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from pipeline.events import Event

log = logging.getLogger(__name__)

_MAX_PENDING_EVENTS = 50_000
_PRUNE_SPARE_ROWS = 1000
_FLUSH_TIMEOUT_SECONDS = 1.0
_WRITER_BUSY_TIMEOUT_MS = 5000
_READER_BUSY_TIMEOUT_MS = 2000
APPLICATION_ID = 0x476C6F62  # "Glob": distinguishes an outbox from other databases
_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    epoch TEXT NOT NULL,
    topic TEXT NOT NULL,
    seq INTEGER NOT NULL,
    wall_time REAL NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (epoch, topic, seq)
)
"""
_SINCE = """(
    (epoch = ? AND seq > coalesce(seen.value, -1))
    OR events.id > (SELECT coalesce(max(id), 0) FROM events WHERE epoch = ?)
) AND events.id < (SELECT coalesce(min(id), 9223372036854775807) FROM events WHERE epoch = ?)"""


class Row(NamedTuple):
    """An event to store."""

    epoch: str
    topic: str
    seq: int
    wall_time: float
    body: bytes


@dataclass(frozen=True, slots=True)
class Retention:
    """How much is stored: at most `events`, none older than `hours`."""

    events: int = 200_000
    hours: float = 168.0


class Outbox:
    """The writing side. Call `put` from one thread only; `flush` may be called from any thread.

    Raises ValueError if `path` is a file but not an outbox, or if its folder does not exist.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        retention: Retention = Retention(),
        commit_seconds: float = 0.2,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.path = Path(path)
        self.dropped = 0
        self._retention = retention
        self._commit_seconds = commit_seconds
        self._clock = clock
        self._pending: list[Row] = []
        self._accepted = self._written = 0
        self._flush_requested = self._closing = False
        self._changed = threading.Condition()
        self._connection = _open(self.path)
        self._writer = threading.Thread(target=self._run, name="outbox", daemon=True)
        self._writer.start()

    def put(self, topic: str, event: Event, body: bytes) -> None:
        """Queue an encoded event; returns at once."""
        row = Row(event.epoch, topic, event.seq, event.wall_time, body)
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

    def _run(self) -> None:
        failing = False
        while batch := self._next_batch():
            try:
                self._write(batch)
                if failing:
                    log.warning("outbox %s: events are stored again, %d are missing", self.path, self.dropped)
                failing = False
            except sqlite3.Error as error:
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

    def _write(self, batch: list[Row]) -> None:
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(
                "INSERT OR IGNORE INTO events (epoch, topic, seq, wall_time, body) VALUES (?, ?, ?, ?, ?)", batch
            )
            self._prune(len(batch))

    def _prune(self, added: int) -> None:
        """Delete the oldest rows, only slightly more than were added, so that no commit takes long."""
        (newest,) = self._connection.execute("SELECT max(id) FROM events").fetchone()
        self._connection.execute("DELETE FROM events WHERE id <= ?", (newest - self._retention.events,))
        self._connection.execute(
            "DELETE FROM events WHERE wall_time < ? AND id IN (SELECT id FROM events ORDER BY id LIMIT ?)",
            (self._clock() - self._retention.hours * 3600, added + _PRUNE_SPARE_ROWS),
        )


@dataclass(frozen=True, slots=True)
class Query:
    """Which events to read: topics that begin with `topic`, `first` <= seq <= `last` and row number > `after`.

    epoch: of this run only; empty: of every stored run.
    since, seen, before: events of the run `since` beyond `seen` (topic to last seq), and of all runs after it up to,
    but not including, the run `before`.
    """

    topic: str
    epoch: str = ""
    first: int = 0
    last: int | None = None
    after: int = 0
    since: str = ""
    before: str = ""
    seen: Mapping[str, int] = field(default_factory=dict)


class OutboxReader:
    """The reading side, in the order of publication. Use it only in the thread that created it."""

    def __init__(self, path: str | Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA query_only = ON")
        self._connection.execute(f"PRAGMA busy_timeout = {_READER_BUSY_TIMEOUT_MS}")

    def read(self, query: Query, limit: int) -> list[tuple[int, bytes]]:
        """Return up to `limit` pairs of row number and encoded event. Raises sqlite3.Error."""
        where = ["topic >= ?", "topic < ?", "seq >= ?", "events.id > ?"]
        values: list[str | int] = [query.topic, query.topic + "\U0010ffff", query.first, query.after]
        if query.epoch:
            where.append("epoch = ?")
            values.append(query.epoch)
        if query.last is not None:
            where.append("seq <= ?")
            values.append(query.last)
        table = "events"
        if query.since:
            table += " LEFT JOIN (SELECT key, value FROM json_each(?)) AS seen ON seen.key = topic"
            values.insert(0, json.dumps(dict(query.seen)))
            where.append(_SINCE)
            values += [query.since, query.since, query.before]
        sql = f"SELECT events.id, body FROM {table} WHERE {' AND '.join(where)} ORDER BY events.id LIMIT ?"
        return self._connection.execute(sql, (*values, limit)).fetchall()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _open(path: Path) -> sqlite3.Connection:
    """Create or open the file. The connection is used by the writer thread."""
    try:
        if not path.exists():
            path.touch(mode=0o600)  # personal data; SQLite gives its side files the same permissions
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    except (OSError, sqlite3.OperationalError) as error:
        raise ValueError(f"events.outbox: cannot open {str(path)!r}: {error}") from error
    try:
        _prepare(connection)
    except (sqlite3.Error, ValueError) as error:
        connection.close()
        raise ValueError(f"events.outbox: cannot use {str(path)!r}: {error}") from error
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if tables and application_id != APPLICATION_ID:
        raise ValueError("expected an outbox or no file, found a different database")
    connection.execute(f"PRAGMA busy_timeout = {_WRITER_BUSY_TIMEOUT_MS}")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(_SCHEMA)
