"""Reads the configuration file again when it changes, or when a signal asks for it, in a thread of its own.

A file is read once it has stood still for a poll, because an editor may write it in parts. A file that is wrong is
logged and changes nothing.
"""

import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

log = logging.getLogger("glimpse")

POLL_SECONDS = 0.5

Stamp = tuple[int, int, int] | None


class ConfigWatch:
    """Calls `take_up` when the file has changed, from its start to `close`.

    take_up: reads the file and hands over what changes; may raise ValueError or OSError, which are logged.
    polls: whether to look at the file; otherwise only `ask` counts.
    """

    def __init__(
        self, path: Path, take_up: Callable[[], None], *, polls: bool = True, poll: float = POLL_SECONDS
    ) -> None:
        self._path, self._take_up, self._polls, self._poll = path, take_up, polls, poll
        self._wake = threading.Event()
        self._is_asked = self._is_closing = False
        self._taken = self._seen = _stamp(path)
        self._thread = threading.Thread(target=self._run, name="watch configuration", daemon=True)
        self._thread.start()

    def ask(self) -> None:
        """Read the file now, changed or not; a signal handler may call it."""
        self._is_asked = True
        self._wake.set()

    def close(self) -> None:
        """End the thread."""
        self._is_closing = True
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._is_closing:
            self._wake.wait(self._poll if self._polls else None)
            self._wake.clear()
            if not self._is_closing and self._is_due():
                self._try()

    def _is_due(self) -> bool:
        stamp, before = _stamp(self._path), self._seen
        self._seen = stamp
        asked, self._is_asked = self._is_asked, False
        if not asked and (not self._polls or stamp in (None, self._taken) or stamp != before):
            return False
        self._taken = stamp
        return True

    def _try(self) -> None:
        try:
            self._take_up()
        except Exception as error:  # whatever is wrong with a file, what runs goes on as it is
            log.error("configuration %s: %s; nothing is changed", self._path.name, error)


@contextmanager
def followed(path: Path, take_up: Callable[[], None], *, polls: bool) -> Iterator[ConfigWatch]:
    """The file is taken up when it changes (`polls`), and on SIGHUP, while the block runs. For the main thread."""
    with closing(ConfigWatch(path, take_up, polls=polls)) as watch:
        if not hasattr(signal, "SIGHUP"):
            yield watch
            return
        previous = signal.signal(signal.SIGHUP, lambda *_: watch.ask())
        try:
            yield watch
        finally:
            signal.signal(signal.SIGHUP, previous)


def _stamp(path: Path) -> Stamp:
    """What tells two versions of a file apart; None where there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size
