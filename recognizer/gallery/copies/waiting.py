"""Lets a thread wait for news of a PostgreSQL connection, or for a word of another thread, whichever comes first."""

import os
import select
from contextlib import suppress


class Bell:
    """Wakes the thread that waits; any thread may ring it."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def ring(self) -> None:
        """Wake who waits now, or would wait next."""
        with suppress(BlockingIOError):  # it has been rung often enough
            os.write(self._write, b"!")

    def wait(self, seconds: float, connection: int | None = None) -> None:
        """Wait for a ring, for data at the descriptor of a connection, or for the time to pass."""
        select.select([self._read, *([] if connection is None else [connection])], [], [], max(0.0, seconds))
        with suppress(BlockingIOError):
            os.read(self._read, 4096)

    def close(self) -> None:
        """Give the descriptors back; nobody may ring or wait any more."""
        os.close(self._read)
        os.close(self._write)
