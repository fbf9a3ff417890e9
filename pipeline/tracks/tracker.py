"""Follows faces through one camera with ByteTrack and buffered IoU.

Boxes are widened by the time since the last frame, not by a constant: what a stream of 5 frames a second needs would
let a track jump to the next face at 30 (docs/benchmarks.md, "Tracking").

The `trackers` library takes over a second to import, so the first tracker imports it. The library skips frames whose
clock stands still or runs back, so it is given a clock that always advances.
"""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from detectors.arrays import Float32
from detectors.base import Detections
from pipeline.settings.types import TrackingSettings
from pipeline.types import Track

NOMINAL_FPS = 30.0  # the Kalman noise is tuned for steps of one frame at this rate; timestamps scale it
MIN_STEP_SECONDS = 1e-3
MAX_STEP_SECONDS = 60.0  # the step before the first frame is infinite
MAX_BUFFER = 0.5  # share of a box on each side; more would reach neighbours after every gap


@dataclass(frozen=True, slots=True)
class TrackedFrame:
    """Tracks seen in one frame, and the ids of those that ended with it."""

    seen: tuple[Track, ...]
    ended: tuple[int, ...]


class Tracker:
    """One camera's tracks; ids count from 1 and are never reused."""

    def __init__(self, camera: str, settings: TrackingSettings, *, library: Any | None = None) -> None:
        """library: another tracker of the `trackers` library in place of ByteTrack, for comparison."""
        self._camera = camera
        self._buffer = settings.buffer
        self._iou = _buffered_iou()
        self._library = library or bytetrack(settings, self._iou)
        self._time = -np.inf
        self._first_seen: dict[int, float] = {}
        self._last_seen: dict[int, float] = {}

    def follow(self, found: Detections, time: float) -> TrackedFrame:
        """Match one frame's detections to the tracks. time: media time, seconds."""
        step = min(max(time - self._time, MIN_STEP_SECONDS), MAX_STEP_SECONDS)
        self._iou.buffer_ratio = min(self._buffer * step, MAX_BUFFER)
        self._time = max(time, self._time + MIN_STEP_SECONDS)
        seen = tuple(self._snapshot(found, index, number) for index, number in self._associate(found))
        for track in seen:
            self._last_seen[track.id] = self._time
        return TrackedFrame(seen, self._pop_ended())

    def finish(self) -> tuple[int, ...]:
        """End all tracks because the stream broke off or ended; returns their ids."""
        self._library.tracks = []
        ended = tuple(self._last_seen)
        self._last_seen.clear()
        self._first_seen.clear()
        return ended

    def _associate(self, found: Detections) -> list[tuple[int, int]]:
        """Pairs of (index into `found`, track id), in order of id."""
        import supervision as sv

        detections = sv.Detections(
            xyxy=found.boxes.astype(np.float64),
            confidence=found.scores.astype(np.float64),
            data={"index": np.arange(len(found))},
        )
        tracked = self._library.update(detections, timestamp=self._time)
        if len(tracked) == 0:
            return []
        pairs = zip(tracked.data["index"].tolist(), tracked.tracker_id.tolist(), strict=True)
        return sorted(((index, number + 1) for index, number in pairs if number >= 0), key=lambda pair: pair[1])

    def _snapshot(self, found: Detections, index: int, number: int) -> Track:
        first = self._first_seen.setdefault(number, self._time)
        landmarks = None if found.landmarks is None else found.landmarks[index]
        box: Float32 = found.boxes[index]
        return Track(self._camera, number, box, float(found.scores[index]), landmarks, self._time - first)

    def _pop_ended(self) -> tuple[int, ...]:
        """Remove and return the ids that ByteTrack no longer keeps."""
        alive = {track.tracker_id + 1 for track in self._library.tracks}
        ended = tuple(number for number in self._last_seen if number not in alive)
        for number in ended:
            del self._last_seen[number], self._first_seen[number]
        return ended


def bytetrack(settings: TrackingSettings, iou: Any) -> Any:
    """The library's ByteTrack with these settings. iou: a measure of `trackers.utils.iou`."""
    from trackers import ByteTrackTracker

    return ByteTrackTracker(
        lost_track_buffer=max(1, round(settings.lost_seconds * 30)),  # the library counts frames of 30 fps
        frame_rate=NOMINAL_FPS,
        track_activation_threshold=settings.start_score,
        minimum_consecutive_frames=settings.min_frames,
        minimum_iou_threshold=settings.min_overlap,
        high_conf_det_threshold=settings.high_score,
        iou=iou,
    )


def _buffered_iou() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own imports warn of deprecations
        from trackers.utils.iou import BIoU
    return BIoU()
