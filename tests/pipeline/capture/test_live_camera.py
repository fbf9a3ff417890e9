"""A live camera's readers as one: what reaches them, and what they leave."""

from pipeline.capture.camera_inbox import CameraInbox
from pipeline.capture.live import LiveReader
from pipeline.capture.live_camera import LiveCamera
from pipeline.capture.mailbox import Mailbox
from pipeline.capture.main_stream import MainStream
from pipeline.capture.sources import parse_source
from pipeline.settings.types import CameraSettings

MASK = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))


def two_streams() -> tuple[LiveCamera, Mailbox, list[CameraInbox]]:
    mailbox = Mailbox(keep_open=True)
    mailbox.register("door", live=True)
    settings = CameraSettings(source="rtsp://127.0.0.1:9/a", name="door")
    [source] = parse_source(settings.source, name="door")
    inboxes = [CameraInbox(mailbox), CameraInbox(MainStream())]
    return LiveCamera([(LiveReader(source, inbox, settings), inbox) for inbox in inboxes]), mailbox, inboxes


def test_masks_reach_both_streams() -> None:
    camera, _, inboxes = two_streams()
    camera.configure(CameraSettings(source="x", name="door", masks=(MASK,), fps=2.0))
    assert [inbox.masks for inbox in inboxes] == [(MASK,), (MASK,)]


def test_a_retired_camera_ends_and_says_nothing() -> None:
    camera, mailbox, _ = two_streams()
    camera.start()
    assert mailbox.take(10), "it connects"
    camera.retire()
    camera.join(10)
    assert not camera.is_alive()
    assert all(not getattr(item, "final", False) for item in mailbox.take(0))


def test_the_clock_is_handed_on_as_a_copy() -> None:
    camera, _, _ = two_streams()
    clock = camera.media_time
    clock.advance(None, 1.0)
    assert clock.advance(None, 3.0) == 2.0
    assert camera.media_time.advance(None, 5.0) == 0.0
