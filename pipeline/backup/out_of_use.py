"""Makes sure that nobody uses a store before another file takes its place."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

SIDE_FILES = ("-wal", "-shm", "-journal")


@contextmanager
def out_of_use(path: Path) -> Iterator[None]:
    """Lock a store for the block, and write its log into it: the log of one file must never meet another file.

    Where the file is no sound database, its log is deleted. A block that fails leaves the store as it was. Raises
    OSError where another process has the store open.
    """
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as opened:
        is_sound = _lock(opened, path)
        try:
            yield
        except BaseException:
            if is_sound:
                with suppress(sqlite3.Error):
                    opened.execute("PRAGMA journal_mode = WAL")
            raise


def _lock(opened: sqlite3.Connection, path: Path) -> bool:
    """Lock the database until it is closed; False for a file that is none.

    SQLite leaves WAL mode only where no other connection is open, and takes the log into the file then.
    """
    try:
        opened.execute("PRAGMA locking_mode = EXCLUSIVE")
        opened.execute("PRAGMA journal_mode = DELETE")
        opened.execute("BEGIN EXCLUSIVE")
        opened.execute("COMMIT")  # the lock stays
    except sqlite3.OperationalError as error:
        if not error.sqlite_errorname.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            raise OSError(f"{path}: cannot be locked ({error})") from error
        raise OSError(f"{path}: in use by a running node, recorder, page or command; stop it first") from None
    except sqlite3.DatabaseError:
        for suffix in SIDE_FILES:
            path.with_name(f"{path.name}{suffix}").unlink(missing_ok=True)
        return False
    return True
