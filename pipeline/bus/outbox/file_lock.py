"""One process at a time writes an outbox: a lock on a file beside it says so."""

import contextlib
import fcntl
import os
from pathlib import Path


def lock_outbox(path: Path, *, held: int = -1) -> int:
    """Lock the outbox for this process; return the descriptor that holds the lock. Raises ValueError if another has it.

    The lock is on a file beside it: closing a descriptor of the database itself would drop SQLite's own locks.
    held: a descriptor that may hold the lock already, and then is duplicated.
    """
    beside = path.with_name(f"{path.name}.lock")
    if held >= 0 and identity_of(beside) == (os.fstat(held).st_dev, os.fstat(held).st_ino):
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


def identity_of(path: Path) -> tuple[int, int] | None:
    """Device and inode of the file; None if it is gone."""
    with contextlib.suppress(FileNotFoundError):
        status = path.stat()
        return status.st_dev, status.st_ino
    return None
