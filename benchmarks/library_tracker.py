"""Lets a tracker of the library `trackers` take the place of our ByteTrack, to compare them."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from detectors.arrays import Float32, Index
from pipeline.settings.types import TrackingSettings
from pipeline.tracks.bytetrack import MAX_BUFFER, UNTRACKED
from pipeline.tracks.kalman import NOMINAL_FPS


class LibraryTracker:
    """A `TrackingMethod` around a tracker of the library."""

    def __init__(self, tracker: Any, *, before: Callable[[float], None] = lambda elapsed: None) -> None:
        """before: called before each frame with the seconds since the last one."""
        self._tracker = tracker
        self._before = before
        self._time: float | None = None

    def update(self, boxes: Float32, scores: Float32, time: float) -> Index:
        """The id of each box's track, or UNTRACKED: (N,)."""
        import supervision as sv

        self._before(1 / NOMINAL_FPS if self._time is None else time - self._time)
        self._time = time
        found = sv.Detections(
            xyxy=boxes.astype(np.float64),
            confidence=scores.astype(np.float64),
            data={"index": np.arange(len(boxes))},
        )
        tracked = self._tracker.update(found, timestamp=time)
        ids = np.full(len(boxes), UNTRACKED, np.intp)
        if len(tracked):
            ids[tracked.data["index"]] = tracked.tracker_id
        return ids

    def alive(self) -> set[int]:
        """Ids of the tracks that the library still keeps."""
        return {track.tracker_id for track in self._tracker.tracks} - {UNTRACKED}

    def clear(self) -> None:
        """End all tracks."""
        self._tracker.tracks = []


def library_bytetrack(settings: TrackingSettings, *, buffer: float | None = None) -> LibraryTracker:
    """The library's ByteTrack with these settings. buffer: a constant one instead of one that grows with time."""
    from trackers import ByteTrackTracker

    measure = buffered_iou(buffer or 0.0)

    def widen(elapsed: float) -> None:
        measure.buffer_ratio = min(settings.buffer * elapsed, MAX_BUFFER) if buffer is None else buffer

    tracker = ByteTrackTracker(
        lost_track_buffer=max(1, round(settings.lost_seconds * 30)),  # the library counts frames of 30 fps
        frame_rate=NOMINAL_FPS,
        track_activation_threshold=settings.start_score,
        minimum_consecutive_frames=settings.min_frames,
        minimum_iou_threshold=settings.min_overlap,
        high_conf_det_threshold=settings.high_score,
        iou=measure,
    )
    return LibraryTracker(tracker, before=widen)


def buffered_iou(buffer: float) -> Any:
    """The library's IoU of boxes that are widened by a share of their size on each side."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own imports warn of deprecations
        from trackers.utils.iou import BIoU
    return BIoU(buffer)
