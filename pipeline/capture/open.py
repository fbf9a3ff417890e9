"""One door to every kind of source: whoever runs a pipeline opens readers here and knows nothing of PyAV."""

from typing import Protocol

from pipeline.capture.live import LiveReader
from pipeline.capture.mailbox import Mailbox
from pipeline.capture.recording import RecordingReader
from pipeline.capture.sources import Source
from pipeline.settings.types import CameraDefaults


class Reader(Protocol):
    """Fills a mailbox from one source, in a thread of its own. Its last word is a report with `final`."""

    def start(self) -> None: ...

    def stop(self) -> None:
        """Ask it to end, also out of a blocked connection; returns at once."""
        ...

    def join(self, timeout: float | None = None) -> None: ...

    def is_alive(self) -> bool: ...


def open_reader(source: Source, mailbox: Mailbox, settings: CameraDefaults) -> Reader:
    """Give the reader of a source, which must be registered in the mailbox before it starts; opens nothing yet."""
    if source.live:
        return LiveReader(source, mailbox, settings)
    return RecordingReader(source, mailbox, settings)
