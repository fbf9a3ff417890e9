"""Every change in the state of a source is reported once."""

from collections.abc import Iterator

import pytest

from pipeline.capture.mailbox import Mailbox
from pipeline.capture.status import CameraStatus
from pipeline.types import CameraReport, CameraState


class Reported:
    """A status and what it has reported."""

    def __init__(self) -> None:
        self._mailbox = Mailbox()
        self._mailbox.register("cam", live=True)
        self.status = CameraStatus("cam", self._mailbox, wall_clock=lambda: 1234.5)

    def take(self) -> list[CameraReport]:
        return [item for item in self._mailbox.take(0) if isinstance(item, CameraReport)]

    def take_states(self) -> list[tuple[CameraState, str]]:
        return [(report.state, report.reason) for report in self.take()]


@pytest.fixture
def camera() -> Iterator[Reported]:
    return Reported()


def test_same_state_and_reason_are_reported_once(camera: Reported) -> None:
    for reason in ("connection refused", "connection refused", "no answer"):
        camera.status.change(CameraState.RECONNECTING, reason)
    assert camera.take_states() == [
        (CameraState.RECONNECTING, "connection refused"),
        (CameraState.RECONNECTING, "no answer"),
    ]


def test_live_is_reported_with_the_first_frame_and_with_each_new_size(camera: Reported) -> None:
    camera.status.change(CameraState.CONNECTING)
    for size in ((640, 480), (640, 480), (1280, 720)):
        camera.status.frame_arrived(*size)
    connecting, live, resized = camera.take()
    assert (connecting.width, connecting.height) == (0, 0)
    assert (live.state, live.reason, live.width, live.height) == (CameraState.LIVE, "", 640, 480)
    assert (resized.state, resized.reason, resized.width) == (CameraState.LIVE, "size was 640x480", 1280)
    assert live.wall_time == 1234.5


def test_new_size_after_a_reconnection_is_no_change_of_size(camera: Reported) -> None:
    camera.status.frame_arrived(640, 480)
    camera.status.change(CameraState.RECONNECTING, "connection lost")
    camera.status.frame_arrived(1280, 720)
    assert camera.take_states()[-1] == (CameraState.LIVE, "")


def test_stall_is_reported_only_while_live_and_overdue(camera: Reported) -> None:
    camera.status.report_stall("no frame for 5 s", lambda: True)
    camera.status.frame_arrived(640, 480)
    camera.status.report_stall("no frame for 5 s", lambda: False)
    assert [state for state, _ in camera.take_states()] == [CameraState.LIVE]
    camera.status.report_stall("no frame for 5 s", lambda: True)
    camera.status.report_stall("no frame for 5 s", lambda: True)
    assert camera.take_states() == [(CameraState.STALLED, "no frame for 5 s")]


def test_frame_after_a_stall_is_live_again(camera: Reported) -> None:
    camera.status.frame_arrived(640, 480)
    camera.status.report_stall("no frame for 5 s", lambda: True)
    camera.status.frame_arrived(640, 480)
    assert camera.take_states()[-1] == (CameraState.LIVE, "")


def test_only_the_end_is_final(camera: Reported) -> None:
    camera.status.change(CameraState.FAILED, "no such stream")
    camera.status.end(CameraState.ENDED, "stopped")
    assert [(report.state, report.final) for report in camera.take()] == [
        (CameraState.FAILED, False),
        (CameraState.ENDED, True),
    ]
