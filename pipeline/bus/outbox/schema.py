"""Opens the SQLite file of an outbox, makes it where it is missing, and brings an older one up to date."""

import os
import sqlite3
from pathlib import Path

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
_VERSION = 2  # 1 had no checksums (rows of that version have NULL there)


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
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if tables and application_id != APPLICATION_ID:
        raise ValueError("expected an outbox or no file, found a different database")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > _VERSION:
        raise ValueError(
            f"it was written by a later version of Glimpse (format {version}, expected {_VERSION} or less)"
        )
    connection.execute(f"PRAGMA busy_timeout = {_WRITER_BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    if not tables or version != _VERSION:  # a full disk must not keep a node from starting
        _bring_up_to_date(connection)


def _bring_up_to_date(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(_SCHEMA)
    columns = [name for _, name, *_ in connection.execute("PRAGMA table_info(events)")]
    if "checksum" not in columns:
        connection.execute("ALTER TABLE events ADD COLUMN checksum INTEGER")
    connection.execute(f"PRAGMA user_version = {_VERSION}")


def uri_of(path: Path) -> str:
    return f"{path.absolute().as_uri()}?mode=rw"
