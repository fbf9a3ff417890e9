"""The reading side of an outbox."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.bus.outbox.file_lock import identity_of
from pipeline.bus.outbox.rows import StoredEvent, check_row
from pipeline.bus.outbox.schema import uri_of

_READER_BUSY_TIMEOUT_MS = 2000
# A run that is not stored has its place by its name, which begins with the time of its start.
_SINCE = """(
    (epoch = ? AND seq > coalesce(seen.value, -1))
    OR events.id > coalesce((SELECT max(id) FROM events WHERE epoch = ?),
                            (SELECT max(id) FROM events WHERE epoch < ?), 0)
) AND events.id < coalesce((SELECT min(id) FROM events WHERE epoch = ?),
                         (SELECT min(id) FROM events WHERE epoch > ?), 9223372036854775807)"""


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
        self._connection = sqlite3.connect(uri_of(self._path), uri=True, isolation_level=None)
        # A damaged text must not fail the query; its checksum says that it is damaged.
        self._connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        self._connection.execute("PRAGMA query_only = ON")
        self._connection.execute(f"PRAGMA busy_timeout = {_READER_BUSY_TIMEOUT_MS}")
        self._identity = identity_of(self._path)

    def _reconnect_if_replaced(self) -> None:
        if identity_of(self._path) != self._identity:
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
        return [check_row(*row) for row in self._connection.execute(sql, (*values, limit))]

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _bounds(before: str) -> tuple[str, str]:
    """The run to stop before, by itself and by its name; no run's name is beyond the highest character."""
    return before, before or "\U0010ffff"
