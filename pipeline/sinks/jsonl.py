"""Events as lines of JSON, in a file or on standard output (`-`).

Each event is one unbuffered write of one whole line, so a reader that follows the file is never behind, and a kill
leaves at most the last line torn. Buffering would save a system call an event and lose the events of a
crash. A torn line is never joined to the next: whoever opens the file again starts on a new line.
"""

import logging
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from pipeline.events import Event, decode, encode
from pipeline.sink import FrameResult

log = logging.getLogger(__name__)


class JsonlSink:
    """A sink that appends every event to `path`; raises OSError if it cannot be opened.

    When the reader closes the pipe (`| head`), output stops silently and `on_reader_closed` is called once. A full disk
    is logged once and retried with the next event, so that the cameras go on.
    """

    def __init__(self, path: str | Path, *, on_reader_closed: Callable[[], None] = lambda: None) -> None:
        self._on_reader_closed = on_reader_closed
        self.reader_closed = False
        self.lost = 0
        self._name = str(path)
        self._owned = self._name != "-"
        self._fd: int | None = _open(Path(path)) if self._owned else sys.stdout.fileno()
        self._torn = self._owned and _is_torn(Path(path))

    def on_event(self, event: Event) -> None:
        """Write one line; does nothing after close()."""
        if self._fd is None or self.reader_closed:
            return
        line = encode(event) + b"\n"
        try:
            _write(self._fd, b"\n" + line if self._torn else line)
            self._torn = False
        except BrokenPipeError:
            self.reader_closed = True
            self._on_reader_closed()
        except OSError as error:
            self._torn = True
            self.lost += 1
            if self.lost == 1:
                log.error("events: cannot write to %s: %s", self._name, error.strerror)

    def on_frame(self, view: FrameResult) -> None:
        """Pictures are not written."""

    def close(self) -> None:
        """Close the file; may be called twice."""
        fd, self._fd = self._fd, None
        if fd is not None and self._owned:
            os.close(fd)


def read_events(path: str | Path) -> Iterator[Event]:
    """Read events back; lines that are none (torn by a kill, say) are logged with their number and left out."""
    with Path(path).open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                yield decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                log.warning("%s, line %d is no event: %s", path, number, error)


def _open(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)


def _is_torn(path: Path) -> bool:
    """Whether the file ends in the middle of a line; pipes and devices have no end."""
    if not path.is_file() or not path.stat().st_size:
        return False
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"


def _write(fd: int, data: bytes) -> None:
    """All of it: a signal or a nearly full disk may cut a write short."""
    while data:
        data = data[os.write(fd, data) :]
