"""What passes between a reader and the mailbox."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.capture.camera_inbox import CameraInbox, MaskingInbox
from pipeline.capture.mailbox import Mailbox, MailboxClosedError
from pipeline.types import CameraReport, CameraState, Frame

MASK = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


def white(index: int = 0) -> Frame:
    return Frame("door", index, index / 10, 0.0, 0.0, np.full((4, 6, 3), 255, np.uint8))


def open_mailbox() -> Mailbox:
    mailbox = Mailbox()
    mailbox.register("door", live=True)
    return mailbox


def test_frames_pass_as_they_are_without_a_mask_and_black_with_one() -> None:
    mailbox = open_mailbox()
    inbox = CameraInbox(mailbox)
    inbox.put(white())
    [frame] = mailbox.take(0)
    assert isinstance(frame, Frame)
    assert frame.image.all()
    inbox.masks = (MASK,)
    inbox.put(white())
    [frame] = mailbox.take(0)
    assert isinstance(frame, Frame)
    assert (frame.size, frame.image.any()) == ((6, 4), False)


def test_reports_pass() -> None:
    mailbox = open_mailbox()
    report = CameraReport("door", CameraState.LIVE, 1.0)
    CameraInbox(mailbox).report(report)
    assert mailbox.take(0) == [report]


def test_nothing_passes_once_it_is_closed_and_another_inbox_of_the_name_is_not_disturbed() -> None:
    mailbox = open_mailbox()
    old, new = CameraInbox(mailbox), CameraInbox(mailbox)
    old.close()
    with pytest.raises(MailboxClosedError):
        old.put(white())
    old.report(CameraReport("door", CameraState.ENDED, 1.0, final=True))
    old.release("door")
    assert mailbox.take(0) == []
    new.put(white(1))
    assert len(mailbox.take(0)) == 1


def test_a_recording_is_masked_too() -> None:
    mailbox = Mailbox()
    mailbox.register("film", live=False)
    MaskingInbox(mailbox, (MASK,)).put(replace(white(), camera="film"))
    [frame] = mailbox.take(0)
    assert isinstance(frame, Frame)
    assert not frame.image.any()
