"""Reads the events of an outbox: those in the file, then those that wait for room in it."""

import json
import operator
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from configs.at_rest import StoreCipher
from pipeline.bus.outbox.file_lock import identity_of
from pipeline.bus.outbox.rows import IdentifiedRow, StoredEvent, check_row, open_row
from pipeline.bus.outbox.schema import uri_of

_READER_BUSY_TIMEOUT_MS = 2000
_COLUMNS = "events.id, epoch, topic, seq, CAST(body AS BLOB), checksum"
_NO_BOUND = 2**63 - 1
_LAST_CHARACTER = "\U0010ffff"  # beyond every topic and every name of a run


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
    """Reads in the order of publication. Use it only in the thread that created it.

    All methods raise sqlite3.Error. waiting: rows of the writer that are not in the file yet.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._cipher = StoreCipher("outbox", self._path)
        self._identity: tuple[int, int] | None = None
        self._connect()

    def knows(self, epoch: str, waiting: Sequence[IdentifiedRow] = ()) -> bool:
        """Whether there are events of this run."""
        if any(row.epoch == epoch for row in waiting):
            return True
        return self._connection.execute("SELECT 1 FROM events WHERE epoch = ? LIMIT 1", (epoch,)).fetchone() is not None

    def ends(self, prefix: str, *, current: str, waiting: Sequence[IdentifiedRow] = ()) -> dict[str, dict[str, int]]:
        """The last seq of each topic with `prefix` in each run but `current`."""
        ends: dict[str, dict[str, int]] = {}
        query = (
            "SELECT epoch, topic, max(seq) FROM events WHERE epoch != ? AND topic >= ? AND topic < ? "
            "AND typeof(epoch) = 'text' AND typeof(topic) = 'text' AND typeof(seq) = 'integer' "
            "GROUP BY epoch, topic"
        )
        keys = self._connection.execute(query, (current, prefix, prefix + _LAST_CHARACTER)).fetchall()
        keys += [
            (row.epoch, row.topic, row.seq) for row in waiting if row.epoch != current and row.topic.startswith(prefix)
        ]
        for epoch, topic, seq in keys:
            last_seq = ends.setdefault(epoch, {})
            last_seq[topic] = max(last_seq.get(topic, 0), seq)
        return ends

    def read(self, query: Query, limit: int, waiting: Sequence[IdentifiedRow] = ()) -> list[StoredEvent]:
        """Return up to `limit` rows, the damaged ones without their body."""
        self._reconnect_if_replaced()
        bounds = self._bounds(query, waiting) if query.since else (0, _NO_BOUND)
        rows = self._read_file(query, bounds, limit)
        last = rows[-1].id if rows else query.after  # what was stored meanwhile is in the file already
        rows += [check_row(*_without_time(row)) for row in waiting if row.id > last and _matches(row, query, bounds)]
        return [open_row(row, self._cipher) for row in rows[:limit]]

    def newest_row(self) -> int:
        """The number of the last event in the file; 0 for none."""
        self._reconnect_if_replaced()
        (newest,) = self._connection.execute("SELECT max(id) FROM events").fetchone()
        return newest or 0

    def newest_run(self) -> str | None:
        """The run that stored the last event; None where nothing is stored."""
        row = self._connection.execute("SELECT epoch FROM events ORDER BY id DESC LIMIT 1").fetchone()
        return str(row[0]) if row else None

    def run(self, epoch: str) -> Iterator[StoredEvent]:
        """All events of a run that are in the file."""
        # The unary plus makes SQLite walk through the rows in order instead of sorting them.
        query = f"SELECT {_COLUMNS} FROM events WHERE +epoch = ? ORDER BY id"
        for row in self._connection.execute(query, (epoch,)):
            yield open_row(check_row(*row), self._cipher)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _connect(self) -> None:
        # Not `sqlite3.connect(path)`, which would make a missing file anew, readable for everybody.
        self._connection = sqlite3.connect(uri_of(self._path), uri=True, isolation_level=None)
        # A damaged text must not fail the query; its checksum says that it is damaged.
        self._connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        self._connection.execute("PRAGMA query_only = ON")
        self._connection.execute(f"PRAGMA busy_timeout = {_READER_BUSY_TIMEOUT_MS}")
        self._identity = identity_of(self._path)

    def _reconnect_if_replaced(self) -> None:
        if identity_of(self._path) != self._identity:
            self._connection.close()
            self._identity = None  # the file may be missing now, and be the same one again later
            self._connect()

    def _read_file(self, query: Query, bounds: tuple[int, int], limit: int) -> list[StoredEvent]:
        where = ["topic >= ?", "topic < ?", "seq >= ?", "events.id > ?"]
        values: list[str | int] = [query.topic, query.topic + _LAST_CHARACTER, query.first, query.after]
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
            where.append("((epoch = ? AND seq > coalesce(seen.value, -1)) OR events.id > ?) AND events.id < ?")
            values += [query.since, *bounds]
        sql = f"SELECT {_COLUMNS} FROM {table} WHERE {' AND '.join(where)} ORDER BY events.id LIMIT ?"
        return [check_row(*row) for row in self._connection.execute(sql, (*values, limit))]

    def _bounds(self, query: Query, waiting: Sequence[IdentifiedRow]) -> tuple[int, int]:
        """The last row of the run `since` and the first of `before`.

        A run without a row has its place by its name, which begins with the time of its start.
        """
        after = self._edge("max", "=", query.since, waiting) or self._edge("max", "<", query.since, waiting)
        before = self._edge("min", "=", query.before, waiting) or self._edge(
            "min", ">", query.before or _LAST_CHARACTER, waiting
        )
        return after or 0, before or _NO_BOUND

    def _edge(self, which: str, relation: str, epoch: str, waiting: Sequence[IdentifiedRow]) -> int | None:
        """The first (`min`) or last (`max`) row of the runs in this relation to `epoch`; None for no row."""
        query = f"SELECT {which}(id) FROM events WHERE epoch {relation} ?"
        (stored,) = self._connection.execute(query, (epoch,)).fetchone()
        edge, is_in = _EDGES[which], _RELATIONS[relation]
        ids = [row.id for row in waiting if is_in(row.epoch, epoch)]
        return edge([*ids, *([stored] if stored else [])], default=None)


_EDGES: dict[str, Callable[..., int | None]] = {"min": min, "max": max}
_RELATIONS: dict[str, Callable[[str, str], bool]] = {"=": operator.eq, "<": operator.lt, ">": operator.gt}


def _matches(row: IdentifiedRow, query: Query, bounds: tuple[int, int]) -> bool:
    """What the query of `_read_file` asks."""
    is_in_run = row.epoch == query.epoch or not query.epoch
    is_in_range = query.first <= row.seq and (query.last is None or row.seq <= query.last)
    is_later = row.id > bounds[0] or (row.epoch == query.since and row.seq > query.seen.get(row.topic, -1))
    return row.topic.startswith(query.topic) and is_in_run and is_in_range and is_later and row.id < bounds[1]


def _without_time(row: IdentifiedRow) -> tuple[int, str, str, int, bytes, int]:
    return row.id, row.epoch, row.topic, row.seq, row.body, row.checksum
