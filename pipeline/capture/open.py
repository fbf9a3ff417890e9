"""Opens a reader for any kind of source, so that the rest of the pipeline need not know PyAV."""

from typing import Protocol

from pipeline.capture.live import LiveReader
from pipeline.capture.mailbox import Inbox
from pipeline.capture.recording import RecordingReader
from pipeline.capture.sources import Source
from pipeline.settings.types import CameraDefaults


class Reader(Protocol):
    """A thread that fills a mailbox from one source. The last thing it puts there is a report with `final`."""

    @property
    def camera(self) -> str:
        """Name of the source, on its frames and reports."""
        ...

    @property
    def live(self) -> bool: ...

    def start(self) -> None: ...

    def stop(self) -> None:
        """Ask the thread to end, even while it is blocked in a connection; returns at once."""
        ...

    def join(self, timeout: float | None = None) -> None: ...

    def is_alive(self) -> bool: ...


def open_reader(source: Source, mailbox: Inbox, settings: CameraDefaults) -> Reader:
    """Make the reader of a source; nothing is opened before it starts.

    Its camera must be registered in the mailbox before it starts; Feed does that.
    """
    reader = LiveReader if source.live else RecordingReader
    return reader(source, mailbox, settings)
