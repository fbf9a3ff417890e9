"""Packets keep a connection alive until a picture is overdue; silence ends it sooner."""

import pytest

from pipeline.capture.connection_limits import ConnectionLimits
from pipeline.capture.ffmpeg_interrupt import FFmpegInterrupt
from pipeline.settings.types import CameraDefaults


class Connection:
    """Limits on a clock that the test moves."""

    def __init__(self, settings: CameraDefaults | None = None) -> None:
        self.now = 1000.0
        self.interrupt = FFmpegInterrupt(clock=self._clock)
        self.limits = ConnectionLimits(settings or CameraDefaults(), self.interrupt, clock=self._clock)
        self.limits.start_connecting()

    def _clock(self) -> float:
        return self.now

    def wait(self, seconds: float) -> str:
        """Let time pass; returns the reason of a limit that was passed, otherwise ""."""
        self.now += seconds
        return self.limits.reason if self.interrupt.expired else ""

    def send_packets(self, seconds: float) -> None:
        """One packet each second."""
        for _ in range(round(seconds)):
            assert self.wait(1) == ""
            assert self.limits.packet_arrived()


def test_connecting_is_limited() -> None:
    assert Connection().wait(9) == ""
    assert Connection().wait(11) == "no answer within 10 s"


def test_silence_ends_a_connection() -> None:
    connection = Connection()
    connection.limits.connected()
    assert connection.wait(11) == "connected, but no frame within 10 s"


def test_silence_after_packets_ends_a_connection() -> None:
    connection = Connection()
    connection.limits.connected()
    connection.send_packets(30)
    assert connection.wait(11) == "no packet for 10 s"


def test_silence_after_a_frame_ends_a_connection() -> None:
    connection = Connection()
    connection.limits.connected()
    connection.send_packets(1)
    connection.limits.frame_arrived()
    connection.send_packets(30)
    assert connection.wait(11) == "no frame for 10 s"


@pytest.mark.parametrize("frame_before", [False, True])
def test_packets_without_a_picture_end_a_connection_later(frame_before: bool) -> None:
    connection = Connection()
    connection.limits.connected()
    connection.send_packets(1)
    if frame_before:
        connection.limits.frame_arrived()
    connection.send_packets(89)
    assert connection.wait(1.5) == "packets, but no picture within 90 s"
    with pytest.raises(TimeoutError, match="no picture within 90 s"):
        connection.limits.packet_arrived()


def test_a_key_frame_a_minute_is_waited_for() -> None:
    connection = Connection()
    connection.limits.connected()
    for _ in range(3):
        connection.send_packets(60)
        connection.limits.frame_arrived()


def test_a_packet_after_the_limit_is_what_ffmpeg_had_kept_back() -> None:
    connection = Connection()
    connection.limits.connected()
    connection.limits.packet_arrived()
    connection.limits.frame_arrived()
    connection.wait(11)
    with pytest.raises(TimeoutError, match="no frame for 10 s"):
        connection.limits.packet_arrived()


def test_a_packet_after_a_stall_is_not_in_time() -> None:
    connection = Connection()
    connection.limits.connected()
    connection.limits.packet_arrived()
    connection.wait(6)
    assert [connection.limits.packet_arrived(), connection.limits.packet_arrived()] == [False, True]


def test_slow_cameras_have_at_least_the_time_of_a_silence() -> None:
    connection = Connection(CameraDefaults(stall_seconds=300))
    connection.limits.connected()
    connection.limits.packet_arrived()
    connection.limits.frame_arrived()
    assert connection.wait(599) == ""
