"""Makes a new outbox of what can still be read of a damaged one.

Rows that cannot be read, but whose keys stand in the index, become rows without a body, so that subscribers are told
which events are lost. The damaged file stays beside the new one as `FILE.db.damaged`.
"""

import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from pipeline.bus.outbox.rows import INSERT, lost_row
from pipeline.bus.outbox.schema import MAX_ID, open_outbox, uri_of

log = logging.getLogger(__name__)

_LOOK_AHEAD = 250_000  # ids, where even the newest id cannot be read
_TRIED_ONE_BY_ONE = 10_000  # a damaged inner page costs some thousand rows; a try takes about 0.1 ms
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR_SHORT_READ)


def is_damage(error: BaseException | None) -> bool:
    """Whether the file itself is wrong, not the disk or the moment."""
    code = getattr(error, "sqlite_errorcode", 0)
    return code in _DAMAGE or code & 0xFF in _DAMAGE


def is_unreadable(error: BaseException | None) -> bool:
    """Whether the file is damaged, or its schema names no such table or column any more."""
    has_other_schema = getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_ERROR
    return is_damage(error) or has_other_schema or isinstance(error, UnicodeDecodeError)


def rebuild(path: Path) -> None:
    """Put a new file in the place of a damaged one; nobody may have it open for writing.

    Raises sqlite3.Error, OSError or ValueError where the new one cannot be written; then the damaged one is left.
    """
    fresh = _beside(path, "new")
    _delete(fresh)
    try:
        with closing(open_outbox(fresh)) as target:
            kept, lost = _copy(path, target)
    except BaseException:
        _delete(fresh)
        raise
    path.replace(_beside(path, "damaged"))
    _put_in_place(fresh, path)
    log.error(
        "outbox %s was damaged: events saved: %d, lost and told to subscribers: %d; the damaged file, which names "
        "people, is %s; delete it when you do not need it",
        path,
        kept,
        lost,
        _beside(path, "damaged"),
    )


def finish_rebuild(path: Path) -> None:
    """Finish what a kill interrupted between taking the damaged file away and putting the new one in its place."""
    if not path.exists() and _beside(path, "new").exists():
        _put_in_place(_beside(path, "new"), path)


def _put_in_place(fresh: Path, path: Path) -> None:
    for suffix in ("-wal", "-shm"):  # SQLite would write the pages of the old file into the new one
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    fresh.replace(path)


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(f"{path.name}.{suffix}")


def _delete(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def _copy(path: Path, target: sqlite3.Connection) -> tuple[int, int]:
    """Copy all rows that can be read, and the keys of the others; return how many of each."""
    with closing(sqlite3.connect(uri_of(path), uri=True, isolation_level=None)) as source, target:
        source.text_factory = lambda raw: raw.decode("utf-8", "replace")
        target.execute("BEGIN")
        try:
            source.execute("PRAGMA writable_schema = ON")  # reads a file that is shorter than its header says
            kept = target.executemany(INSERT, _readable_rows(source)).rowcount
            lost = target.executemany(INSERT, _lost_rows(source, target)).rowcount
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            if not is_unreadable(error):
                raise
            return 0, 0  # not even the schema can be read
    return max(kept, 0), max(lost, 0)


def _readable_rows(source: sqlite3.Connection) -> Iterator[tuple[Any, ...]]:
    """Every row that can be read, by id: behind a damaged page each id is tried until one can be read."""
    columns = [name for _, name, *_ in source.execute("PRAGMA table_info(events)")]
    checksum = "checksum" if "checksum" in columns else "NULL"
    select = f"SELECT id, epoch, topic, seq, wall_time, CAST(body AS BLOB), {checksum} FROM events NOT INDEXED"
    row: tuple[Any, ...] | None = (0,)
    while row:
        last = row[0]
        try:
            for row in source.execute(f"{select} WHERE id > ? AND id <= {MAX_ID} ORDER BY id", (last,)):
                if row[0] <= last:  # a damaged page leads back
                    break
                yield row
                last = row[0]
            else:
                return
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
        if row := _first_readable(source, f"{select} WHERE id >= ? AND id <= {MAX_ID} ORDER BY id LIMIT 1", last + 1):
            yield row


def _first_readable(source: sqlite3.Connection, query: str, first: int) -> tuple[Any, ...] | None:
    for row_id in _candidates(first, _newest_id(source, first)):
        with suppress(sqlite3.DatabaseError):
            row: tuple[Any, ...] | None = source.execute(query, (row_id,)).fetchone()
            if row is None or row[0] >= row_id:  # a damaged page may lead back
                return row
    return None


def _candidates(first: int, last: int) -> Iterator[int]:
    """Each of the next ids, as a damaged page or two cost; behind them, where far more is gone, ever fewer."""
    row_id = first
    while row_id <= last:
        yield row_id
        row_id += 1 + max(0, row_id - first - _TRIED_ONE_BY_ONE) // 100


def _newest_id(source: sqlite3.Connection, first: int) -> int:
    """The newest id there was; far beyond `first` where nobody knows."""
    with suppress(sqlite3.DatabaseError):
        row = source.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
        if row and isinstance(row[0], int):
            return min(row[0], first + _LOOK_AHEAD)
    return first + _LOOK_AHEAD


def _lost_rows(source: sqlite3.Connection, target: sqlite3.Connection) -> Iterator[tuple[Any, ...]]:
    """A row without a body for each key in the index whose row could not be read, as far as the index can be.

    One with an impossible number gets the next that is free.
    """
    wall_time = time.time()
    query = "SELECT id, epoch, topic, seq FROM events INDEXED BY sqlite_autoindex_events_1 WHERE epoch >= ''"
    try:
        for row_id, epoch, topic, seq in source.execute(query):
            if not target.execute("SELECT 1 FROM events WHERE id = ?", (row_id,)).fetchone():
                yield (row_id if row_id <= MAX_ID else None, *lost_row(str(epoch), str(topic), seq, wall_time))
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
