"""Keeps published events in SQLite, so that whoever missed some can have them again.

Its own thread writes, one transaction every `commit_seconds`: a write on the engine's thread would wait whenever the
disk does, and a transaction per event costs several times the publishing (`python -m benchmarks.bus` shows both). WAL
with synchronous=NORMAL survives the process being killed with at most the last commit interval lost; a power cut may
take a few seconds more, never the file. The queue in between is bounded: with a disk that stands still, events are
dropped from the outbox (counted, logged), not from the bus.
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

_QUEUE = 50_000
_APPLICATION = 0x476C6F62  # "Glob": marks a file as an outbox, so that no other database is taken for one
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
    """One event to keep."""

    epoch: str
    topic: str
    seq: int
    wall_time: float
    body: bytes


@dataclass(frozen=True, slots=True)
class Retention:
    """How much is kept: at most `events`, none older than `hours`."""

    events: int = 200_000
    hours: float = 168.0


class Outbox:
    """The writing side; `put` may be called from any one thread, `flush` from any.

    Raises ValueError if `path` is a file but no outbox, or its folder does not exist.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        keep: Retention = Retention(),
        commit_seconds: float = 0.2,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.path = Path(path)
        self.dropped = 0
        self._keep = keep
        self._commit_seconds = commit_seconds
        self._clock = clock
        self._pending: list[Row] = []
        self._accepted = self._written = 0
        self._urgent = self._closing = False
        self._change = threading.Condition()
        self._connection = _open(self.path)
        self._writer = threading.Thread(target=self._run, name="outbox", daemon=True)
        self._writer.start()

    def put(self, topic: str, event: Event, body: bytes) -> None:
        """Queue one encoded event; returns at once."""
        row = Row(event.epoch, topic, event.seq, event.wall_time, body)
        with self._change:
            if len(self._pending) < _QUEUE:
                self._pending.append(row)
                self._accepted += 1
                if len(self._pending) == 1:
                    self._change.notify_all()
                return
            self.dropped += 1
        if self.dropped == 1:
            log.error("outbox %s: the disk does not keep up, events are no longer kept for replay", self.path)

    def flush(self, timeout: float = 1.0) -> bool:
        """Commit now what was put so far; False if that took longer than `timeout` seconds."""
        with self._change:
            target = self._accepted
            if self._written < target:
                self._urgent = True
                self._change.notify_all()
            return self._change.wait_for(lambda: self._written >= target, timeout)

    def close(self) -> None:
        """Commit everything and stop; may be called twice."""
        with self._change:
            self._closing = True
            self._change.notify_all()
        self._writer.join()
        self._connection.close()

    def _run(self) -> None:
        failing = False
        while batch := self._take():
            try:
                self._write(batch)
                if failing:
                    log.warning("outbox %s: events are kept again, %d are missing", self.path, self.dropped)
                failing = False
            except sqlite3.Error as error:
                self.dropped += len(batch)
                if not failing:  # five times a second would fill the disk that is full already
                    log.error("outbox %s: events cannot be kept: %s", self.path, error)
                failing = True
            with self._change:
                self._written += len(batch)
                self._change.notify_all()

    def _take(self) -> list[Row]:
        """Wait for events and then for the commit interval; empty when closing and nothing is left."""
        with self._change:
            self._change.wait_for(lambda: self._pending or self._closing)
            self._change.wait_for(lambda: self._urgent or self._closing, self._commit_seconds)
            self._urgent = False
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
        """Delete from the old end only, and little more than was added, so that no commit grows long."""
        (newest,) = self._connection.execute("SELECT max(id) FROM events").fetchone()
        self._connection.execute("DELETE FROM events WHERE id <= ?", (newest - self._keep.events,))
        self._connection.execute(
            "DELETE FROM events WHERE wall_time < ? AND id IN (SELECT id FROM events ORDER BY id LIMIT ?)",
            (self._clock() - self._keep.hours * 3600, added + 1000),
        )


@dataclass(frozen=True, slots=True)
class Query:
    """Which events to read: topics that begin with `topic`, `first` <= seq <= `last` and row number > `after`.

    epoch: of this run only; empty: of every kept one.  since: what that run published beyond `seen` (by topic, the
    last seq), and the runs after it up to that named `before`.
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
    """The reading side, in the order of publication; belongs to the thread that made it."""

    def __init__(self, path: str | Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA query_only = ON")
        self._connection.execute("PRAGMA busy_timeout = 2000")

    def read(self, query: Query, limit: int) -> list[tuple[int, bytes]]:
        """Up to `limit` pairs of row number and encoded event; raises sqlite3.Error."""
        where = ["topic >= ?", "topic < ?", "seq >= ?", "events.id > ?"]
        values: list[str | int] = [query.topic, query.topic + "\U0010ffff", query.first, query.after]
        if query.epoch:
            where.append("epoch = ?")
            values.append(query.epoch)
        if query.last is not None:
            where.append("seq <= ?")
            values.append(query.last)
        source = "events"
        if query.since:
            source += " LEFT JOIN (SELECT key, value FROM json_each(?)) AS seen ON seen.key = topic"
            values.insert(0, json.dumps(dict(query.seen)))
            where.append(_SINCE)
            values += [query.since, query.since, query.before]
        sql = f"SELECT events.id, body FROM {source} WHERE {' AND '.join(where)} ORDER BY events.id LIMIT ?"
        return self._connection.execute(sql, (*values, limit)).fetchall()

    def close(self) -> None:
        self._connection.close()


def _open(path: Path) -> sqlite3.Connection:
    """Create or open the file; its connection is handed over to the writer thread."""
    try:
        if not path.exists():
            path.touch(mode=0o600)  # it says who was seen where; SQLite's side files get the same rights
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
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if tables and application != _APPLICATION:
        raise ValueError("expected an outbox or no file, found another database")
    connection.execute("PRAGMA busy_timeout = 5000")
    connection.execute(f"PRAGMA application_id = {_APPLICATION}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(_SCHEMA)
