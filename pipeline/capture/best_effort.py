"""Chooses between the two timestamps of a decoded frame, as FFmpeg's guess_correct_pts (libavcodec/decode.c) does.

Containers such as AVI write presentation stamps (pts) in the order of decoding. Where more of them have run back than
of the decoding stamps (dts), the dts are the better ones.
"""

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

from pipeline.capture.lookahead import Lookahead

FIRST_FRAMES = 4
"""How many frames are seen before the first is timed, because the two kinds of stamps may lie a frame or two apart."""


class Stamped(Protocol):
    """A decoded frame with its stamps in units of the stream, None if missing."""

    @property
    def pts(self) -> int | None: ...

    @property
    def dts(self) -> int | None: ...


F = TypeVar("F", bound=Stamped)


def best_stamps(frames: Iterable[F]) -> Iterator[tuple[int | None, F]]:
    """Yield the more reliable stamp of each frame with the frame; None if it has neither.

    frames: in presentation order. FIRST_FRAMES are read before the first is yielded; an error is raised after them.
    """
    chooser, ahead = _Chooser(), Lookahead(iter(frames))
    first = ahead.peek(FIRST_FRAMES)
    for frame in first:
        chooser.note(frame.pts, frame.dts)
    for frame in first:
        ahead.take()
        yield chooser.choose(frame.pts, frame.dts), frame
    while ahead.peek(1):
        frame = ahead.take()
        chooser.note(frame.pts, frame.dts)
        yield chooser.choose(frame.pts, frame.dts), frame


class _Chooser:
    """Counts the faults of both kinds of stamps."""

    def __init__(self) -> None:
        self._pts, self._dts = _Faults(), _Faults()

    def note(self, pts: int | None, dts: int | None) -> None:
        self._dts.note(dts, pts)
        self._pts.note(pts, dts)

    def choose(self, pts: int | None, dts: int | None) -> int | None:
        """Return the dts where the pts are worse: none for the last frames, which leave the decoder without one."""
        has_dts = self._dts.seen
        return dts if pts is None or (has_dts and self._pts.count > self._dts.count) else pts


class _Faults:
    """Counts how often stamps of one kind stood still or ran back."""

    def __init__(self) -> None:
        self.count, self.seen = 0, False
        self._last: int | None = None

    def note(self, stamp: int | None, other: int | None) -> None:
        """Count a fault of `stamp`; where it is missing, the next one is compared with `other`."""
        self.seen |= stamp is not None
        if stamp is not None and self._last is not None and stamp <= self._last:
            self.count += 1
        last = other if stamp is None else stamp
        self._last = self._last if last is None else last
