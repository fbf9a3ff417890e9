"""What stands between one reader and the mailbox: it masks pictures, and lets nothing pass once it is closed.

A camera that is taken out of a running node and comes back has a new reader and a new inbox. What the old reader still
holds then belongs to nobody.
"""

import threading
from collections.abc import Sequence
from dataclasses import replace

from pipeline.capture.mailbox import Inbox, MailboxClosedError
from pipeline.capture.masks import MaskedPicture
from pipeline.settings.types import Polygon
from pipeline.types import CameraReport, Frame


class CameraInbox:
    """An inbox of one live reader. masks: polygons in fractions of the frame; another thread may replace them."""

    def __init__(self, inbox: Inbox, masks: Sequence[Polygon] = ()) -> None:
        self.masks = masks
        self._inbox = inbox
        self._lock = threading.Lock()  # never held while something waits: live cameras do not wait for room
        self._closed = False

    def put(self, frame: Frame) -> None:
        """Pass a frame on, masked. Raises MailboxClosedError as the mailbox does, and once this is closed."""
        frame = masked(frame, self.masks)
        with self._lock:
            if self._closed:
                raise MailboxClosedError(frame.camera)
            self._inbox.put(frame)

    def report(self, report: CameraReport) -> None:
        """Pass a report on, unless this is closed."""
        with self._lock:
            if not self._closed:
                self._inbox.report(report)

    def release(self, camera: str) -> None:
        """As of the mailbox."""
        with self._lock:
            if not self._closed:
                self._inbox.release(camera)

    def close(self) -> None:
        """Let nothing pass any more."""
        with self._lock:
            self._closed = True


class MaskingInbox:
    """An inbox of one recording: it masks, and waits for room as the mailbox does."""

    def __init__(self, inbox: Inbox, masks: Sequence[Polygon]) -> None:
        self._inbox, self._masks = inbox, masks
        self.report, self.release = inbox.report, inbox.release

    def put(self, frame: Frame) -> None:
        """Pass a frame on, masked."""
        self._inbox.put(masked(frame, self._masks))


def masked(frame: Frame, masks: Sequence[Polygon]) -> Frame:
    """The frame with these polygons black; itself without any."""
    return replace(frame, picture=MaskedPicture(frame.picture, masks)) if masks else frame
