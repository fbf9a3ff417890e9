"""Writes events as JSON lines to a file or to standard output (`-`).

Each event is one unbuffered write of a whole line, so that a program that follows the file gets it at once, and a
killed process leaves at most an incomplete last line. Buffering would lose events in a crash. When an existing file
ends in an incomplete line, the next event starts on a new line.
"""

import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

from pipeline.events import Event, SampleEvent, encode
from pipeline.secrets.private_files import open_private
from pipeline.sink import FrameResult

log = logging.getLogger(__name__)


class JsonlSink:
    """A sink that appends every event to `path`. Raises OSError if the file cannot be opened.

    When the reader closes the pipe (`| head`), output stops silently and `on_reader_closed` is called once. A full disk
    is logged once and retried with the next event, so that the cameras go on; `close` then raises OSError with the
    number of lost events, so that the exit code shows them.
    """

    def __init__(self, path: str | Path, *, on_reader_closed: Callable[[], None] = lambda: None) -> None:
        self.reader_closed = False
        self.lost_events = 0
        self._first_error: OSError | None = None
        self._on_reader_closed = on_reader_closed
        self._name = str(path)
        self._is_file = self._name != "-"
        self._fd: int | None = (
            open_private(Path(path), os.O_WRONLY | os.O_APPEND) if self._is_file else sys.stdout.fileno()
        )
        self._needs_newline = self._is_file and _ends_incomplete(Path(path))

    def on_event(self, event: Event) -> None:
        """Write one line; does nothing after close(). Samples are biometric data and go to the bus alone."""
        if self._fd is None or self.reader_closed or isinstance(event, SampleEvent):
            return
        line = encode(event) + b"\n"
        try:
            _write_all(self._fd, b"\n" + line if self._needs_newline else line)
            self._needs_newline = False
        except BrokenPipeError:
            self.reader_closed = True
            self._on_reader_closed()
        except OSError as error:
            self._needs_newline = True
            self.lost_events += 1
            if self._first_error is None:
                self._first_error = error
                log.error("events: cannot write to %s: %s", self._name, error.strerror)

    def on_frame(self, result: FrameResult) -> None:
        """Do nothing: images are not written."""

    def close(self) -> None:
        """Close the file; may be called twice. Raises OSError where events were lost."""
        fd, self._fd = self._fd, None
        if fd is None:
            return
        if self._is_file:
            os.close(fd)
        if self._first_error:
            why = self._first_error.strerror
            raise OSError(f"events: cannot write to {self._name}: {why}; lost events: {self.lost_events}")


def _ends_incomplete(path: Path) -> bool:
    """Return whether a regular file ends without a newline."""
    if not path.is_file() or not path.stat().st_size:
        return False
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"


def _write_all(fd: int, data: bytes) -> None:
    """Write until nothing is left: a signal or a nearly full disk may cut a write short."""
    while data:
        data = data[os.write(fd, data) :]
