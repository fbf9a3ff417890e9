"""Follows faces through one camera with ByteTrack and buffered IoU.

The surprising decision: boxes are widened by the time since the last frame, not by a constant. What 5 frames a second
need lets a track go over to the next face at 30, and evidence is pooled per track, so that is worse than a track that
breaks (figures: docs/benchmarks.md, "Tracking").

The `trackers` library is imported when the first tracker is made: it takes over a second, which `--help` need not pay.
It never sees a clock that stands still or runs back (it would skip the frame): such frames are moved on by a
millisecond.
"""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from detectors.arrays import Float32
from detectors.base import Detections
from pipeline.settings.types import TrackingSettings
from pipeline.types import Track

# Kalman noise is tuned for steps of one frame at this rate; real timestamps scale it.
NOMINAL_FPS = 30.0
TICK = 1e-3
LONGEST = 60.0  # seconds a step may count; the first frame comes after an infinity
WIDEST = 0.5  # share of a box on each side; wider takes in neighbours after every gap


@dataclass(frozen=True, slots=True)
class Followed:
    """The tracks seen in one frame, and the ids of those that ended with it."""

    seen: tuple[Track, ...]
    ended: tuple[int, ...]


class Tracker:
    """One camera's tracks; ids count from 1 and are never reused."""

    def __init__(self, camera: str, settings: TrackingSettings, *, library: Any | None = None) -> None:
        """`library`: any tracker of the `trackers` library in place of ByteTrack, for comparison."""
        self._camera = camera
        self._buffer = settings.buffer
        self._iou = _buffered()
        self._library = library or bytetrack(settings, self._iou)
        self._time = -np.inf
        self._first_seen: dict[int, float] = {}
        self._last_seen: dict[int, float] = {}

    def follow(self, found: Detections, time: float) -> Followed:
        """Match one frame's detections, taken at `time` seconds of media time, to the tracks."""
        step = min(max(time - self._time, TICK), LONGEST)
        self._iou.buffer_ratio = min(self._buffer * step, WIDEST)
        self._time = max(time, self._time + TICK)
        seen = tuple(self._snapshot(found, index, number) for index, number in self._associate(found))
        for track in seen:
            self._last_seen[track.id] = self._time
        return Followed(seen, self._forget())

    def finish(self) -> tuple[int, ...]:
        """End all tracks (the stream broke off or is over) and return their ids."""
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

    def _forget(self) -> tuple[int, ...]:
        """Ids whose track ByteTrack has dropped since; its own list is the truth, so both can never disagree."""
        alive = {track.tracker_id + 1 for track in self._library.tracks}
        ended = tuple(number for number in self._last_seen if number not in alive)
        for number in ended:
            del self._last_seen[number], self._first_seen[number]
        return ended


def bytetrack(settings: TrackingSettings, iou: Any) -> Any:
    """The library's ByteTrack with these settings and a measure of overlap, one of `trackers.utils.iou`."""
    from trackers import ByteTrackTracker

    return ByteTrackTracker(
        lost_track_buffer=max(1, round(settings.lost_seconds * 30)),  # counted in frames of 30 fps, whatever ours are
        frame_rate=NOMINAL_FPS,
        track_activation_threshold=settings.start_score,
        minimum_consecutive_frames=settings.min_frames,
        minimum_iou_threshold=settings.min_overlap,
        high_conf_det_threshold=settings.high_score,
        iou=iou,
    )


def _buffered() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations inside its own imports are not ours to show
        from trackers.utils.iou import BIoU
    return BIoU()
