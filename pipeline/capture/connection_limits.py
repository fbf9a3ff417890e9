"""How long one connection may go without an answer, without packets, and without pictures.

Packets that arrive show that a connection lives, although there may be no picture until the next key frame, which some
cameras send once a minute.
"""

import time
from collections.abc import Callable

from pipeline.capture.ffmpeg_interrupt import FFmpegInterrupt
from pipeline.settings.types import CameraDefaults

RECONNECT_AFTER_STALLS = 2.0
"""A connection without packets is closed after this many times `stall_seconds`."""


class ConnectionLimits:
    """Interrupts FFmpeg when a limit is passed. `reason` says which; it is what to report then."""

    def __init__(
        self,
        settings: CameraDefaults,
        interrupt: FFmpegInterrupt,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._interrupt, self._clock = interrupt, clock
        self.connect_seconds = settings.connect_seconds
        self.silence_seconds = RECONNECT_AFTER_STALLS * settings.stall_seconds
        self.first_packet_seconds = max(self.connect_seconds, self.silence_seconds)
        self.picture_seconds = max(settings.key_frame_seconds, self.first_packet_seconds)
        self._stall_seconds = settings.stall_seconds
        self._last_packet = self._picture_due = 0.0
        self._silence_reason = self.reason = ""

    def start_connecting(self) -> None:
        self._limit(self.connect_seconds, f"no answer within {self.connect_seconds:g} s")

    def connected(self) -> None:
        """Expect packets now."""
        self._last_packet = self._clock()
        self._silence_reason = f"no packet for {self.silence_seconds:g} s"
        self._expect_picture()
        self._limit(self.first_packet_seconds, f"connected, but no frame within {self.first_packet_seconds:g} s")

    def packet_arrived(self) -> bool:
        """Return whether this packet came in time; where the camera had stalled, FFmpeg may have made it of old data.

        Raises TimeoutError after a limit was passed: FFmpeg then releases the packet that it had kept back.
        """
        if self._interrupt.expired:
            raise TimeoutError(self.reason)
        now = self._clock()
        in_time = now - self._last_packet < self._stall_seconds
        self._last_packet = now
        self._expect_packet()
        return in_time

    def frame_arrived(self) -> None:
        """Expect the next picture within its own limit."""
        self._silence_reason = f"no frame for {self.silence_seconds:g} s"
        self._expect_picture()
        self._expect_packet()

    def _expect_picture(self) -> None:
        self._picture_due = self._clock() + self.picture_seconds

    def _expect_packet(self) -> None:
        """Limit the wait for the next packet, and that for the next picture if it is due before."""
        left = self._picture_due - self._clock()
        if left < self.silence_seconds:
            self._limit(left, f"packets, but no picture within {self.picture_seconds:g} s")
        else:
            self._limit(self.silence_seconds, self._silence_reason)

    def _limit(self, seconds: float, reason: str) -> None:
        self.reason = reason
        self._interrupt.set_deadline(seconds)
