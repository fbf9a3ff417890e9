"""Learns where a camera shows a thing that is found as a face and is none: a lamp, a poster, a coat on a hook.

A thing has a hundred chances a minute to look like a face for once. So where one stood still for long and never looked
like a face, tracks are read more rarely, and must look more like one. Nothing is left out: a person who stands there
turns round and is accepted. A place is forgotten when nothing has been there for a while.
"""

from dataclasses import dataclass

import numpy as np

from detectors.arrays import Float32
from detectors.boxes import box_iou

SAME_PLACE_IOU = 0.5
STILL_SECONDS = 10.0  # of media time that a track stays in its place, unlike a face, before the place is learnt
LEAST_READINGS = 10  # crops of it that were read meanwhile
FORGET_SECONDS = 600.0  # after the last track that confirmed the place
READ_RARELY = 10.0  # times the usual interval between crops, in a learnt place
STRICTER = 1.15  # times the usual likeness that a track needs there


@dataclass(slots=True)
class Stay:
    """How long a track has been in one place. box: (4,) where it began; since: media time, seconds."""

    box: Float32
    since: float
    readings: int = 0

    def move(self, box: Float32, time: float) -> bool:
        """Begin again where the track has left its place; whether it has."""
        has_left = not _same_place(self.box, box)
        if has_left:
            self.box, self.since, self.readings = box, time, 0
        return has_left

    def is_long(self, time: float) -> bool:
        """Whether so many readings over so much time say what it is."""
        return time - self.since >= STILL_SECONDS and self.readings >= LEAST_READINGS


class StaticThings:
    """The learnt places of one camera."""

    def __init__(self) -> None:
        self._boxes = np.zeros((0, 4), np.float32)
        self._times: list[float] = []  # media seconds when each was last confirmed

    def learn(self, box: Float32, time: float) -> None:
        """Note or confirm a place: box (4,), x1 y1 x2 y2 in pixels."""
        self._forget(time)
        known = box_iou(box[None], self._boxes)[0]
        if known.max(initial=0) >= SAME_PLACE_IOU:
            self._times[int(known.argmax())] = time
            return
        self._boxes = np.concatenate([self._boxes, box[None]])
        self._times.append(time)

    def knows(self, box: Float32, time: float) -> bool:
        """Whether this box (4,) is in a learnt place."""
        self._forget(time)
        return bool(box_iou(box[None], self._boxes)[0].max(initial=0) >= SAME_PLACE_IOU)

    def clear(self) -> None:
        """Forget all places, because pixels now show others."""
        self._boxes, self._times = np.zeros((0, 4), np.float32), []

    def _forget(self, time: float) -> None:
        """Drop what was confirmed too long ago, or in the future: the clock has jumped."""
        keep = [0 <= time - last < FORGET_SECONDS for last in self._times]
        if not all(keep):
            self._boxes = self._boxes[np.array(keep)]
            self._times = [last for last, kept in zip(self._times, keep, strict=True) if kept]


def _same_place(box: Float32, other: Float32) -> bool:
    return bool(box_iou(box[None], other[None])[0, 0] >= SAME_PLACE_IOU)
