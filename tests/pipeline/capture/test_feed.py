"""The feed runs live cameras together and recordings one after the other, and stops them all."""

import numpy as np
import pytest

from pipeline.capture.camera_inbox import CameraInbox
from pipeline.capture.feed import Feed
from pipeline.capture.live import LiveReader
from pipeline.capture.live_camera import LiveCamera
from pipeline.capture.mailbox import Mailbox, MailboxClosedError
from pipeline.capture.sources import parse_source
from pipeline.settings.types import CameraSettings
from pipeline.types import CameraReport, CameraState, Frame


class FakeReader:
    """Notes what the feed does with it, in a log that all readers share."""

    def __init__(self, camera: str, log: list[str], *, live: bool = False) -> None:
        self.camera, self.live, self._log = camera, live, log

    def start(self) -> None:
        self._log.append(f"start {self.camera}")

    def stop(self) -> None:
        self._log.append(f"stop {self.camera}")

    def join(self, timeout: float | None = None) -> None:
        assert timeout is not None, "a reader that hangs must not hang the engine"
        self._log.append(f"join {self.camera}")

    def is_alive(self) -> bool:
        return False


def final_report(camera: str) -> CameraReport:
    return CameraReport(camera, CameraState.ENDED, 0.0, final=True)


def make_feed(*readers: tuple[str, bool]) -> tuple[Feed, Mailbox, list[str]]:
    mailbox, log = Mailbox(), list[str]()
    return Feed(mailbox, [FakeReader(name, log, live=live) for name, live in readers]), mailbox, log


def test_all_cameras_start_at_once_and_recordings_wait_for_each_other() -> None:
    feed, mailbox, log = make_feed(("a", False), ("cam1", True), ("b", False), ("cam2", True))
    with feed:
        assert log == ["start cam1", "start cam2", "start a"]
        mailbox.report(final_report("a"))
        feed.take(0)
        assert log[3:] == ["join a", "start b"]


def test_end_of_a_camera_starts_no_recording() -> None:
    feed, mailbox, log = make_feed(("cam", True), ("a", False), ("b", False))
    with feed:
        mailbox.report(final_report("cam"))
        feed.take(0)
        assert log == ["start cam", "start a", "join cam"]


def test_state_that_is_not_final_ends_nothing() -> None:
    feed, mailbox, log = make_feed(("cam", True))
    report = CameraReport("cam", CameraState.FAILED, 0.0)
    with feed:
        mailbox.report(report)
        assert feed.take(0) == [report]
        assert log == ["start cam"]
        assert feed.open


def test_exit_closes_the_mailbox_and_stops_what_still_runs() -> None:
    feed, mailbox, log = make_feed(("cam", True), ("a", False), ("b", False))
    with feed:
        mailbox.report(final_report("a"))
        feed.take(0)
        log.clear()
    assert log == ["stop cam", "stop b", "join cam", "join b"]
    assert not feed.open
    with pytest.raises(MailboxClosedError):
        mailbox.put(Frame("cam", 0, 0.0, 0.0, 0.0, np.zeros((2, 2, 3), np.uint8)))


def test_feed_is_open_until_the_last_final_report_is_taken() -> None:
    feed, mailbox, _ = make_feed(("a", False), ("b", False))
    with feed:
        for camera in ("a", "b"):
            assert feed.open
            mailbox.report(final_report(camera))
            feed.take(0)
        assert not feed.open


def test_two_readers_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="'a'"):
        make_feed(("a", False), ("a", True))


def test_a_live_camera_can_be_added_and_removed_and_is_joined_at_the_end() -> None:
    mailbox = Mailbox(keep_open=True)
    [source] = parse_source("rtsp://127.0.0.1:9/a", name="door")
    inbox = CameraInbox(mailbox)
    camera = LiveCamera([(LiveReader(source, inbox, CameraSettings(source="x", name="door")), inbox)])
    with Feed(mailbox, []) as feed:
        feed.add(camera)
        assert feed.live_camera("door") is camera
        assert feed.take(10), "it connects"
        assert feed.remove("door") is camera
        with pytest.raises(ValueError, match="expected a live camera that runs"):
            feed.remove("door")
    assert not camera.is_alive()
