"""What stands between one reader and the mailbox: it masks pictures."""

from collections.abc import Sequence
from dataclasses import replace

from pipeline.capture.mailbox import Inbox
from pipeline.capture.masks import MaskedPicture
from pipeline.settings.types import Polygon
from pipeline.types import CameraReport, Frame


class CameraInbox:
    """An inbox of one reader. masks: polygons in fractions of the frame; another thread may replace them."""

    def __init__(self, inbox: Inbox, masks: Sequence[Polygon] = ()) -> None:
        self.masks = masks
        self._inbox = inbox

    def put(self, frame: Frame) -> None:
        """Pass a frame on, masked. Raises MailboxClosedError as the mailbox does."""
        if masks := self.masks:
            frame = replace(frame, picture=MaskedPicture(frame.picture, masks))
        self._inbox.put(frame)

    def report(self, report: CameraReport) -> None:
        """Pass a report on."""
        self._inbox.report(report)

    def release(self, camera: str) -> None:
        """As of the mailbox."""
        self._inbox.release(camera)
