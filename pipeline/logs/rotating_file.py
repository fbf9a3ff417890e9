"""A log file for its owner alone that is put aside when it is large, and made anew when somebody has moved it away."""

import io
import logging
import os
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

from pipeline.secrets.private_files import make_private_folder, open_private


class RotatingFile(RotatingFileHandler):
    """FILE, FILE.1 (the newest of those put aside), FILE.2 and so on, each 0600. One process alone may write to it.

    Where it cannot be written, standard error says so once; logging goes on when it can.
    """

    def __init__(self, path: Path, *, max_bytes: int, keep: int) -> None:
        """Raises OSError where the file cannot be opened."""
        self._is_lost = self._was_lost = False
        make_private_folder(path.parent)
        super().__init__(path, maxBytes=max_bytes, backupCount=keep, encoding="utf-8", errors="backslashreplace")

    def _open(self) -> io.TextIOWrapper:
        file = open_private(Path(self.baseFilename), os.O_WRONLY | os.O_APPEND)
        return io.TextIOWrapper(os.fdopen(file, "ab"), encoding=self.encoding, errors=self.errors)

    def emit(self, record: logging.LogRecord) -> None:
        self._is_lost = False
        try:
            self._follow()
            super().emit(record)
        except OSError:
            self.handleError(record)
        self._was_lost = self._is_lost

    def handleError(self, record: logging.LogRecord) -> None:
        error = sys.exc_info()[1]
        self._is_lost = True
        if not self._was_lost and sys.stderr is not None:
            why = error.strerror if isinstance(error, OSError) else type(error).__name__
            sys.stderr.write(f"the log {Path(self.baseFilename).name} cannot be written: {why}\n")

    def _follow(self) -> None:
        """Open the file anew where its name is of another file now, or of none."""
        if self.stream is None:
            return
        mine = os.fstat(self.stream.fileno())
        try:
            there = os.stat(self.baseFilename)
        except FileNotFoundError:
            there = None
        if there is None or (there.st_dev, there.st_ino) != (mine.st_dev, mine.st_ino):
            self.stream.close()
            self.stream = None
            make_private_folder(Path(self.baseFilename).parent)
            self.stream = self._open()
