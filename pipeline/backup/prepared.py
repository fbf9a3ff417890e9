"""What a store needs before it takes the place of a newer one: nothing that was given out since is given out again."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from pipeline.bus.outbox import INSERT, lost_row
from pipeline.epoch import new_epoch

RESTORED = "-restored"
LEAP = 1_000_000_000
"""More entries than a collection gets between a backup and its restoring."""
_NEWEST = "SELECT id, epoch, topic FROM events ORDER BY id DESC LIMIT 1"
_LAST_NUMBER = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'events'"


def prepare_store(path: Path, kind: str, *, clock: Callable[[], float] = time.time) -> str:
    """Make a copy of a store of this kind ready; says what was changed, empty for nothing. Raises sqlite3.Error."""
    if kind not in _PREPARED:
        return ""
    with closing(sqlite3.connect(path, isolation_level=None)) as store:
        store.execute("PRAGMA secure_delete = ON")
        store.execute("BEGIN IMMEDIATE")
        done = _PREPARED[kind](store, clock())
        store.execute("COMMIT")
    return done


def set_log(path: Path) -> None:
    """Have a store write its changes into a log, as all of Glimpse's do: readers and writers do not wait then.

    Raises sqlite3.Error.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as store:
        store.execute("PRAGMA journal_mode = WAL")


def _begin_run(outbox: sqlite3.Connection, now: float) -> str:
    """Add a run after the newest one, with one event that is lost.

    Without it, the node would end the open tracks of the newest run under its next numbers, and these may have been
    published since the backup. Subscribers are told by the lost event that something is missing.
    """
    newest = outbox.execute(_NEWEST).fetchone()
    if newest is None:
        return ""
    number, last_run, topic = newest
    if "checksum" not in [name for _, name, *_ in outbox.execute("PRAGMA table_info(events)")]:
        outbox.execute("ALTER TABLE events ADD COLUMN checksum INTEGER")  # of 0.1.0; the node would add it now
    epoch = max(new_epoch(), str(last_run)) + RESTORED  # behind the last one also where the clock is behind
    (last,) = outbox.execute(_LAST_NUMBER).fetchone()
    outbox.execute(INSERT, (max(last, number) + 1, *lost_row(epoch, str(topic), 0, now)))
    return f"run {epoch} begun, so that no number of an event is given out twice"


def _end_sessions(accounts: sqlite3.Connection, _: float) -> str:
    ended = accounts.execute("DELETE FROM sessions").rowcount
    return f"{ended} sessions ended: everybody logs in again; accounts, passwords and tokens are those of the backup"


def _leap(collection: sqlite3.Connection, _: float) -> str:
    collection.execute("UPDATE sqlite_sequence SET seq = seq + ? WHERE name = 'events'", (LEAP,))
    return f"entries go on {LEAP:,} numbers later, so that no number is given twice"


_PREPARED = {"outbox": _begin_run, "accounts": _end_sessions, "collection": _leap}
