"""Turns the timestamps of a recording into media time that strictly increases and ends where the recording ends.

Wrong stamps are recognised by those that follow, so a few frames are read ahead where a stamp is doubtful.
"""

import math
import statistics
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

from pipeline.capture.lookahead import Lookahead
from pipeline.capture.stamp_order import MIN_STEP_SECONDS, is_regular, order_stamps

T = TypeVar("T")

FALLBACK_INTERVAL_SECONDS = 0.04
"""Between the frames of a recording that states no usable frame rate."""

JOIN_SECONDS = 10.0
"""A longer step forward is a join in formats that allow joins; in others it must lie between frames that agree. As
FFmpeg's dts_delta_threshold."""

MAX_GAP_SECONDS = 30 * 3600.0
"""A longer step forward is no gap in any format: the clock was set. As FFmpeg's dts_error_threshold."""

LOOKAHEAD_FRAMES = 8
"""A jump that is undone within fewer frames is a fault of single stamps; one that lasts longer is a new beginning."""

INTERVALS_KEPT, INTERVALS_NEEDED = 9, 3
"""How many steps tell the usual frame interval, and from how many on they do, instead of the header."""


class RecordedMediaTime:
    """Media time of a recording, from 0 at its first frame; the same on every run.

    It follows the timestamps, gaps included. Where a few of them jump and return, their frames share the time in
    between. Where they begin anew, or jump by more than a gap can last, one frame interval bridges the jump.
    """

    def __init__(self, fps: float, *, may_be_joined: bool = False) -> None:
        """fps: frame rate by the header; used until the frames tell.

        may_be_joined: files of this format may hold several recordings, one behind the other.
        """
        known = fps > 0 and math.isfinite(fps) and fps * MIN_STEP_SECONDS <= 1
        self._header_interval = 1 / fps if known else FALLBACK_INTERVAL_SECONDS
        self._max_gap = JOIN_SECONDS if may_be_joined else MAX_GAP_SECONDS
        self._intervals: deque[float] = deque(maxlen=INTERVALS_KEPT)
        self._media_time = 0.0
        self._timestamp: float | None = None
        self._count = 0

    def follow(self, frames: Iterable[tuple[float | None, T]]) -> Iterator[tuple[float, T]]:
        """Yield the media time of each frame with the frame.

        frames: each with its timestamp in seconds, None if missing. At most LOOKAHEAD_FRAMES wait, and only where a
        timestamp is doubtful. An error of `frames` is raised after the frames before it.
        """
        ahead = Lookahead(iter(frames))
        while seen := ahead.peek(1):
            if self._is_doubtful(seen[0][0]):
                seen = ahead.peek(LOOKAHEAD_FRAMES)
            for media_time in self._advance([timestamp for timestamp, _ in seen]):
                yield media_time, ahead.take()[1]

    def _is_doubtful(self, timestamp: float | None) -> bool:
        """Whether the timestamps that follow must say what this one means."""
        if self._timestamp is None:
            return False
        return timestamp is None or not is_regular(timestamp - self._timestamp, self._interval)

    def _advance(self, timestamps: Sequence[float | None]) -> list[float]:
        """Return the media times of the first of these frames, at least one."""
        times = self._continue(timestamps) or [self._bridge(timestamps[0])]
        self._media_time = times[-1]
        self._count += len(times)
        return times

    def _continue(self, timestamps: Sequence[float | None]) -> list[float] | None:
        """Go on from the last timestamp; None where these do not."""
        last = self._timestamp
        ordered = None if last is None else order_stamps(last, timestamps, self._interval)
        if last is None or ordered is None or self._is_jump(last, ordered, timestamps[len(ordered) :]):
            return None
        self._intervals.append((ordered[-1] - last) / len(ordered))
        self._timestamp = ordered[-1]
        return [self._media_time + (stamp - last) for stamp in ordered]

    def _is_jump(self, last: float, ordered: Sequence[float], following: Sequence[float | None]) -> bool:
        """Whether a step forward is no gap. A gap of more than JOIN_SECONDS has frames that agree on both sides.

        A regular step is none, also where only the frames that follow tell that there is one picture a minute.
        """
        step = ordered[-1] - last
        is_inside = self._count > 1 and len(following) > 0
        if step <= (self._max_gap if is_inside else JOIN_SECONDS):
            return False
        return not any(is_regular(step, usual) for usual in (self._interval, _usual_step([ordered[-1], *following])))

    def _bridge(self, timestamp: float | None) -> float:
        """Begin anew at a timestamp that has nothing to do with the last one: one frame interval after it."""
        if timestamp is not None:
            self._timestamp = timestamp
        elif self._timestamp is not None:
            self._timestamp += self._interval
        return self._media_time + (self._interval if self._count else 0.0)

    @property
    def _interval(self) -> float:
        """Seconds between two frames: the median of the last steps; at first what the header says."""
        if len(self._intervals) < INTERVALS_NEEDED:
            return self._header_interval
        return statistics.median_low(self._intervals)


def _usual_step(timestamps: Sequence[float | None]) -> float:
    """Seconds between two of these frames, by the median; 0.0 where fewer than two are known."""
    known = [timestamp for timestamp in timestamps if timestamp is not None]
    return statistics.median_low([later - earlier for earlier, later in pairwise(known)] or [0.0])
