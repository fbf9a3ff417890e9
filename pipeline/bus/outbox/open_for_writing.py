"""Opens an outbox for its writer: finishes an interrupted repair, repairs a damaged file, and checks the key."""

import logging
import sqlite3
from contextlib import suppress
from pathlib import Path

from configs.at_rest import MAGIC, KeyNeededError, StoreCipher
from pipeline.bus.outbox.salvage import finish_rebuild, is_unreadable, rebuild
from pipeline.bus.outbox.schema import MAX_ID, DamagedOutboxError, open_outbox
from pipeline.bus.outbox.sent_record import has_record

log = logging.getLogger(__name__)

_TRUSTED_EVENTS = 1000  # at the start: some minutes of a busy node


def open_or_rebuild(path: Path) -> tuple[sqlite3.Connection, int, float]:
    """Open the file, and read `read_newest` of it; one that is damaged gives way to a new one. Raises ValueError."""
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


def read_newest(connection: sqlite3.Connection) -> tuple[int, float]:
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


def _open_and_read(path: Path) -> tuple[sqlite3.Connection, int, float]:
    connection = open_outbox(path)
    try:
        _check_key(connection, StoreCipher("outbox", path))
        return connection, *read_newest(connection)
    except sqlite3.Error as error:
        connection.close()
        raise ValueError(f"events.outbox: cannot use {str(path)!r}: {error}") from error
    except KeyNeededError:
        connection.close()
        raise


def _check_key(connection: sqlite3.Connection, cipher: StoreCipher) -> None:
    """Raise KeyNeededError where the newest sealed event is of another key: all would be told to be lost."""
    newest = "SELECT CAST(body AS BLOB) AS body FROM events ORDER BY id DESC LIMIT ?"
    query = f"SELECT body FROM ({newest}) WHERE substr(body, 1, ?) = ? LIMIT 1"
    found: list[tuple[bytes]] = []
    with suppress(sqlite3.Error):  # damage is repaired when it is met again
        found = connection.execute(query, (_TRUSTED_EVENTS, len(MAGIC), MAGIC)).fetchall()
    for (body,) in found:
        cipher.open_sound(body)
