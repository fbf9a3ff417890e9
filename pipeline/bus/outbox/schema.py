"""Opens the SQLite file of an outbox, makes it where it is missing, and brings an older one up to date."""

import logging
import os
import sqlite3
from pathlib import Path

log = logging.getLogger(__name__)

_WRITER_BUSY_TIMEOUT_MS = 5000
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
_COLUMNS = frozenset({"id", "epoch", "topic", "seq", "wall_time", "body", "checksum"})
MAX_ID = 1 << 62
"""Only a damaged row number is larger; beyond twice as much SQLite has no numbers left."""
VERSION = 2  # 1 had no checksums (rows of that version have NULL there)
_IMPOSSIBLE_VERSION = 64
"""No later version will come to this: a bit is wrong."""


class DamagedOutboxError(sqlite3.DatabaseError):
    """What SQLite does not find wrong with a file, although no outbox was ever written so."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


def open_outbox(path: Path) -> sqlite3.Connection:
    """Create or open the file. The connection is used by the writer thread."""
    try:
        if not path.exists():
            # Personal data; SQLite gives its side files the same permissions.
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        connection = sqlite3.connect(uri_of(path), uri=True, isolation_level=None, check_same_thread=False)
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
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if connection.execute("SELECT count(*) FROM sqlite_master WHERE type IN ('view', 'trigger')").fetchone()[0]:
        raise ValueError("expected tables alone, found views or triggers; do not trust it")
    if tables:
        _check_marks(application_id, version, has_own_table=_has_own_table(connection))
    connection.execute(f"PRAGMA busy_timeout = {_WRITER_BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    if not tables or (application_id, version) != (APPLICATION_ID, VERSION):
        _bring_up_to_date(connection)  # only here: a full disk must not keep a node from starting
    if missing := _COLUMNS - set(_columns(connection)):
        raise DamagedOutboxError(f"its table lacks {', '.join(sorted(missing))}")


def _check_marks(application_id: int, version: int, *, has_own_table: bool) -> None:
    """Raise ValueError for what is no outbox, or one of a later version. The marks are then written again.

    SQLite has no checksum over its header, so a flipped bit there looks like another program or version.
    """
    if application_id != APPLICATION_ID:
        if not has_own_table:
            raise ValueError("expected an outbox or no file, found a different database; give another file")
        log.error("an outbox has lost its mark (application ID %#x): it is marked anew", application_id)
    if version > VERSION:
        if version < _IMPOSSIBLE_VERSION or not has_own_table:
            raise ValueError(
                f"it was written by a later version of Glimpse (format {version}, expected {VERSION} or less); use"
                " that version or give another file"
            )
        log.error("an outbox has an impossible format (%d): it is taken as %d", version, VERSION)


def _has_own_table(connection: sqlite3.Connection) -> bool:
    """Whether there is the table of an outbox, of any version, and no other."""
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return names == {"events", "sqlite_sequence"} and set(_columns(connection)) | {"checksum"} == _COLUMNS


def _bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Make or change the table in one transaction, which a kill or a full disk undoes."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        _change(connection)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _change(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(_SCHEMA)
    if "checksum" not in _columns(connection):
        connection.execute("ALTER TABLE events ADD COLUMN checksum INTEGER")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def _columns(connection: sqlite3.Connection) -> list[str]:
    return [name for _, name, *_ in connection.execute("PRAGMA table_info(events)")]


def uri_of(path: Path) -> str:
    return f"{path.absolute().as_uri()}?mode=rw"
