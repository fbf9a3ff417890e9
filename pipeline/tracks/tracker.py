"""Follows faces through one camera with ByteTrack and buffered IoU.

Boxes are widened by the time since the last frame, not by a constant: what a stream of 5 frames a second needs would
let a track jump to the next face at 30 (docs/benchmarks.md, "Tracking").
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from detectors.arrays import Float32, Index
from detectors.base import Detections
from pipeline.settings.types import TrackingSettings
from pipeline.tracks.bytetrack import ByteTrack
from pipeline.types import Track

MIN_STEP_SECONDS = 1e-3


class TrackingMethod(Protocol):
    """Decides which boxes continue which tracks."""

    def update(self, boxes: Float32, scores: Float32, time: float) -> Index:
        """The id, 0 or more, of each box's track, or -1: (N,). time: seconds, later than that of the frame before."""

    def alive(self) -> set[int]:
        """Ids of the tracks that a later box may still continue."""

    def clear(self) -> None:
        """End all tracks."""


@dataclass(frozen=True, slots=True)
class TrackedFrame:
    """Tracks seen in one frame, and the ids of those that ended with it."""

    seen: tuple[Track, ...]
    ended: tuple[int, ...]


class Tracker:
    """One camera's tracks; ids count from 1 and are never reused."""

    def __init__(self, camera: str, settings: TrackingSettings, *, method: TrackingMethod | None = None) -> None:
        """method: takes the place of ByteTrack, for comparison."""
        self._camera = camera
        self._method = method or ByteTrack(settings)
        self._time = -np.inf
        self._first_seen: dict[int, float] = {}
        self._last_seen: dict[int, float] = {}

    def follow(self, found: Detections, time: float) -> TrackedFrame:
        """Match one frame's detections to the tracks. time: media time, seconds; a clock that stands or runs back is
        taken to have advanced by a millisecond."""
        self._time = max(time, self._time + MIN_STEP_SECONDS)
        seen = tuple(self._snapshot(found, index, number) for index, number in self._associate(found))
        for track in seen:
            self._last_seen[track.id] = self._time
        return TrackedFrame(seen, self._pop_ended())

    def configure(self, settings: TrackingSettings) -> None:
        """Take up other settings with the next frame; tracks go on. Another method than ByteTrack has none."""
        if isinstance(self._method, ByteTrack):
            self._method.configure(settings)

    def finish(self) -> tuple[int, ...]:
        """End all tracks because the stream broke off or ended; returns their ids."""
        self._method.clear()
        ended = tuple(self._last_seen)
        self._last_seen.clear()
        self._first_seen.clear()
        return ended

    def _associate(self, found: Detections) -> list[tuple[int, int]]:
        """Pairs of (index into `found`, track id), in order of id."""
        ids = self._method.update(found.boxes, found.scores, self._time)
        pairs = ((index, number + 1) for index, number in enumerate(ids.tolist()) if number >= 0)
        return sorted(pairs, key=lambda pair: pair[1])

    def _snapshot(self, found: Detections, index: int, number: int) -> Track:
        first = self._first_seen.setdefault(number, self._time)
        landmarks = None if found.landmarks is None else found.landmarks[index]
        box: Float32 = found.boxes[index]
        return Track(self._camera, number, box, float(found.scores[index]), landmarks, self._time - first)

    def _pop_ended(self) -> tuple[int, ...]:
        """Remove and return the ids that no box can continue any more."""
        alive = self._method.alive()
        ended = tuple(number for number in self._last_seen if number - 1 not in alive)
        for number in ended:
            del self._last_seen[number], self._first_seen[number]
        return ended
