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

import contextlib
import fcntl
import json
import logging
import os
import sqlite3
import threading
import time
import zlib
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from pipeline.events import Event, decode
from pipeline.events import topic as topic_of

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
    checksum INTEGER,
    UNIQUE (epoch, topic, seq)
)
"""
_VERSION = 2  # 1 had no checksums (rows of that version have NULL there)
# The age bound follows the newest event only once later events have confirmed its time for this long.
_CONFIRM_SECONDS = 600.0
_TRUSTED_EVENTS = 1000  # at the start: some minutes of a busy node
# A run that is not stored has its place by its name, which begins with the time of its start.
_SINCE = """(
    (epoch = ? AND seq > coalesce(seen.value, -1))
    OR events.id > coalesce((SELECT max(id) FROM events WHERE epoch = ?),
                            (SELECT max(id) FROM events WHERE epoch < ?), 0)
) AND events.id < coalesce((SELECT min(id) FROM events WHERE epoch = ?),
                         (SELECT min(id) FROM events WHERE epoch > ?), 9223372036854775807)"""


class Row(NamedTuple):
    """An event to store."""

    epoch: str
    topic: str
    seq: int
    wall_time: float
    body: bytes
    checksum: int


class StoredEvent(NamedTuple):
    """A row as it was read; `body` is None if it is damaged, `topic` empty if its key is damaged too."""

    id: int
    epoch: str
    topic: str
    seq: int
    body: bytes | None


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
        self._lock = _lock(self.path)
        try:
            self._connection = _open(self.path)
        except ValueError:
            os.close(self._lock)
            raise
        self._identity = _identity(self.path)
        self._age.start(min(self._trusted_wall_time(), self._clock()))
        self._writer = threading.Thread(target=self._run, name="outbox", daemon=True)
        self._writer.start()

    def put(self, topic: str, event: Event, body: bytes) -> None:
        """Queue an encoded event; returns at once."""
        row = Row(event.epoch, topic, event.seq, event.wall_time, body, _checksum(event.epoch, topic, event.seq, body))
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
        if _identity(self.path) == self._identity:
            return
        log.error(
            "outbox %s was deleted or replaced while the node runs: what it held cannot be replayed any more; "
            "events from now on are stored in the file that is there, or in a new one",
            self.path,
        )
        lock = _lock(self.path, held=self._lock)
        os.close(self._lock)
        self._lock = lock
        self._connection.close()
        for suffix in ("-wal", "-shm"):  # SQLite would write the pages of the old file into the new one
            self.path.with_name(f"{self.path.name}{suffix}").unlink(missing_ok=True)
        self._connection, self._identity = _open(self.path), _identity(self.path)

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


class AgeBound:
    """Which wall time an event must have to be kept, counted from the newest event.

    A clock that jumps ahead and back must not erase what is stored. So the time of the newest event counts only once
    all events of the next ten minutes were no older; the start takes the earliest of the clock and the newest rows.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._reference = 0.0
        self._minutes: deque[tuple[float, float]] = deque()  # monotonic start, earliest wall time of each minute
        self._began: float | None = None

    @property
    def oldest(self) -> float:
        """Events before this wall time (Unix seconds) are deleted."""
        return self._reference - self._seconds

    def start(self, wall_time: float) -> None:
        """Set the reference that holds until ten minutes of events confirm a later one."""
        self._reference = wall_time

    def note(self, wall_time: float, now: float) -> None:
        """Note the wall time of the newest event at the monotonic time `now`."""
        self._began = now if self._began is None else self._began
        if not self._minutes or now - self._minutes[-1][0] >= _CONFIRM_SECONDS / 10:
            self._minutes.append((now, wall_time))
        else:
            start, earliest = self._minutes[-1]
            self._minutes[-1] = (start, min(earliest, wall_time))
        while now - self._minutes[0][0] > 1.1 * _CONFIRM_SECONDS:
            self._minutes.popleft()
        if now - self._began >= _CONFIRM_SECONDS:
            self._reference = max(self._reference, min(earliest for _, earliest in self._minutes))


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
        self._path = Path(path)
        self._connect()

    def _connect(self) -> None:
        # Not `sqlite3.connect(path)`, which would make a missing file anew, readable for everybody.
        self._connection = sqlite3.connect(_uri(self._path), uri=True, isolation_level=None)
        # A damaged text must not fail the query; its checksum says that it is damaged.
        self._connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        self._connection.execute("PRAGMA query_only = ON")
        self._connection.execute(f"PRAGMA busy_timeout = {_READER_BUSY_TIMEOUT_MS}")
        self._identity = _identity(self._path)

    def _reconnect_if_replaced(self) -> None:
        if _identity(self._path) != self._identity:
            self._connection.close()
            self._connect()

    def knows(self, epoch: str) -> bool:
        """Whether events of this run are stored. Raises sqlite3.Error."""
        row = self._connection.execute("SELECT 1 FROM events WHERE epoch = ? LIMIT 1", (epoch,)).fetchone()
        return row is not None

    def ends(self, prefix: str, *, current: str) -> dict[str, dict[str, int]]:
        """The last seq of each topic with `prefix` in each stored run but `current`. Raises sqlite3.Error."""
        ends: dict[str, dict[str, int]] = {}
        rows = self._connection.execute(
            "SELECT epoch, topic, max(seq) FROM events WHERE epoch != ? AND topic >= ? AND topic < ? "
            "GROUP BY epoch, topic",
            (current, prefix, prefix + "\U0010ffff"),
        )
        for epoch, topic, seq in rows:
            ends.setdefault(epoch, {})[topic] = seq
        return ends

    def read(self, query: Query, limit: int) -> list[StoredEvent]:
        """Return up to `limit` rows, the damaged ones without their body. Raises sqlite3.Error."""
        self._reconnect_if_replaced()
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
            values += [query.since, query.since, query.since, *_bounds(query.before)]
        columns = "events.id, epoch, topic, seq, CAST(body AS BLOB), checksum"
        sql = f"SELECT {columns} FROM {table} WHERE {' AND '.join(where)} ORDER BY events.id LIMIT ?"
        return [_check(*row) for row in self._connection.execute(sql, (*values, limit))]

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _bounds(before: str) -> tuple[str, str]:
    """The run to stop before, by itself and by its name; no run's name is beyond the highest character."""
    return before, before or "\U0010ffff"


def replace_body(connection: sqlite3.Connection, row: int, body: bytes) -> None:
    """Give a stored event another body, and its checksum where it has one that fits. Raises sqlite3.Error."""
    columns = [name for _, name, *_ in connection.execute("PRAGMA table_info(events)")]
    if "checksum" in columns:
        query = "SELECT epoch, topic, seq, CAST(body AS BLOB), checksum FROM events WHERE id = ?"
        epoch, topic, seq, old, checksum = connection.execute(query, (row,)).fetchone()
        if checksum == _checksum(epoch, topic, seq, old):
            fresh = _checksum(epoch, topic, seq, body)
            connection.execute("UPDATE events SET checksum = ? WHERE id = ?", (fresh, row))
    connection.execute("UPDATE events SET body = ? WHERE id = ?", (body, row))


def _checksum(epoch: str, topic: str, seq: int, body: bytes) -> int:
    """CRC-32 of the key in the upper half, of the body in the lower; signed, as SQLite's integers are."""
    key = zlib.crc32(f"{epoch}\0{topic}\0{seq}".encode("utf-8", "surrogatepass"))
    return (key << 32 | zlib.crc32(body)) - (1 << 63)


def _check(row: int, epoch: str, topic: str, seq: int, body: object, checksum: int | None) -> StoredEvent:
    """Compare a row with its checksums; one of an outbox without them must be an event of that topic."""
    raw = body if isinstance(body, bytes) else b""
    if checksum is None:
        return StoredEvent(row, epoch, topic, seq, raw if _is_event(raw, epoch, topic, seq) else None)
    expected = _checksum(epoch, topic, seq, raw)
    is_key_right = expected + (1 << 63) >> 32 == checksum + (1 << 63) >> 32
    return StoredEvent(row, epoch, topic if is_key_right else "", seq, raw if expected == checksum else None)


def _is_event(body: bytes, epoch: str, topic: str, seq: int) -> bool:
    try:
        event = decode(body)
    except (ValueError, RecursionError):  # msgspec's errors and UnicodeDecodeError are ValueErrors
        return False
    return (event.epoch, topic_of(event), event.seq) == (epoch, topic, seq)


def _uri(path: Path) -> str:
    return f"{path.absolute().as_uri()}?mode=rw"


def _identity(path: Path) -> tuple[int, int] | None:
    """Device and inode of the file; None if it is gone."""
    with contextlib.suppress(FileNotFoundError):
        status = path.stat()
        return status.st_dev, status.st_ino
    return None


def _lock(path: Path, *, held: int = -1) -> int:
    """Lock the outbox for this process; return the descriptor that holds the lock. Raises ValueError if another has it.

    The lock is on a file beside it: closing a descriptor of the database itself would drop SQLite's own locks.
    held: a descriptor that may hold the lock already, and then is duplicated.
    """
    beside = path.with_name(f"{path.name}.lock")
    if held >= 0 and _identity(beside) == (os.fstat(held).st_dev, os.fstat(held).st_ino):
        return os.dup(held)
    try:
        descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ValueError(f"events.outbox: cannot open {str(path)!r}: {error}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise ValueError(
            f"events.outbox: {str(path)!r} is in use by another node; give each node a file of its own"
        ) from error
    return descriptor


def _open(path: Path) -> sqlite3.Connection:
    """Create or open the file. The connection is used by the writer thread."""
    try:
        if not path.exists():
            # Personal data; SQLite gives its side files the same permissions.
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        connection = sqlite3.connect(_uri(path), uri=True, isolation_level=None, check_same_thread=False)
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
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > _VERSION:
        raise ValueError(
            f"it was written by a later version of Glimpse (format {version}, expected {_VERSION} or less)"
        )
    connection.execute(f"PRAGMA busy_timeout = {_WRITER_BUSY_TIMEOUT_MS}")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(_SCHEMA)
    columns = [name for _, name, *_ in connection.execute("PRAGMA table_info(events)")]
    if "checksum" not in columns:
        connection.execute("ALTER TABLE events ADD COLUMN checksum INTEGER")
    connection.execute(f"PRAGMA user_version = {_VERSION}")
