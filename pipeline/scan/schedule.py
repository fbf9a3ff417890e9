"""Chooses what to search of each frame: all of it at intervals, in between only where faces were or something moves.

The whole frame is due every `scan_seconds`, moving parts every `motion_seconds`, and the surroundings of recent faces
on every frame. The intervals are in media time, so every run searches a recording alike. A schedule depends on nothing
but frames and detections, so a resumed run, which takes the detections from its cache, chooses the same windows again.
Live cameras have a budget of time besides (pipeline/scan/budget.py), and may have to wait for a whole search.
"""

import time
from collections.abc import Callable

import numpy as np

from detectors.arrays import Float32
from detectors.base import Detections, Window
from pipeline.scan.budget import ScanBudget
from pipeline.scan.motion import MotionDetector
from pipeline.scan.pack_windows import pack_windows
from pipeline.scan.recent_faces import RecentFaces
from pipeline.scan.roi import points_in_roi
from pipeline.settings.types import CameraSettings, ScheduleSettings
from pipeline.types import TIME_TOLERANCE_SECONDS, Frame

DetectFn = Callable[[Frame, list[Window] | None], Detections]
"""Searches the given windows of a frame, or all of it if they are None. Boxes are in pixels of the frame."""

MAX_WINDOWS_FRACTION = 0.5
"""Share of the frame's pixels from which a search of the whole frame is better than windows."""

CONTEXT_PX = np.array([-28, -28, 28, 28], np.float32)
"""Network pixels added around every region: the detector needs to see head and shoulders."""


class Schedule:
    """Finds the faces of one camera with as little search as its settings ask for."""

    def __init__(
        self,
        settings: ScheduleSettings,
        camera: CameraSettings,
        *,
        min_score: float,
        long_side: int = 0,
        budget: ScanBudget | None = None,
    ) -> None:
        """min_score: what a box needs to be searched for again.

        long_side: to which the detector resizes whole frames, in pixels; 0: it does not.
        budget: of the time for whole searches, shared by all cameras; None: no limit.
        """
        self.scans = 0  # whole frames searched so far
        self._budget = budget
        self._settings, self._roi, self._long_side = settings, camera.roi, long_side
        self._recent_faces = RecentFaces(min_score=min_score)
        self._motion = MotionDetector(camera.roi)
        self._size = (0, 0)
        self._last_scan = self._last_motion = self._last_frame = -np.inf  # media seconds

    def find(self, frame: Frame, detect: DetectFn) -> Detections:
        """Search the parts of a frame that are due, and remember the faces found there."""
        windows = self._choose_windows(frame)
        began = time.monotonic()
        found = detect(frame, windows)
        if windows is None:
            self._last_scan = frame.media_time
            self.scans += 1
            if self._budget:
                self._budget.spend(time.monotonic() - began)
        self._recent_faces.update(self._inside_roi(found), frame.media_time)
        return found

    def _choose_windows(self, frame: Frame) -> list[Window] | None:
        """The windows to search; None for all of the frame."""
        now, restarted = frame.media_time, self._restart_if_changed(frame)
        self._last_frame = now
        moving = self._moving_regions(frame)
        is_due = restarted or _is_due(now, self._last_scan, self._settings.scan_seconds)
        known = self._recent_faces.search_regions(now)
        windows = None if is_due else self._pack(np.concatenate([known, moving]))
        if windows is None and self._budget and not self._budget.allows(frame.camera):
            return self._choose_cheap_windows(known, moving)
        return windows

    def _choose_cheap_windows(self, known: Float32, moving: Float32) -> list[Window]:
        """What to search where a whole search must wait: faces and motion, or faces, or all of it at half the size."""
        for regions in (np.concatenate([known, moving]), known):
            windows = self._pack(regions)
            if windows is not None:
                return windows
        side = max(self._size)
        return [Window(0, 0, side, max(1, round(side * self._scale / 2)))]

    @property
    def _scale(self) -> float:
        """Network pixels per picture pixel in a search of the whole frame."""
        return self._long_side / max(self._size) if self._long_side else 1.0

    def _pack(self, regions: Float32) -> list[Window] | None:
        """Windows that show these boxes (N,4), pixels; None where they would be too many."""
        (width, height), scale = self._size, self._scale
        max_pixels = MAX_WINDOWS_FRACTION * width * height * scale**2
        regions = regions + CONTEXT_PX / np.float32(scale)
        return pack_windows(regions, width=width, height=height, scale=scale, max_pixels=max_pixels)

    def _restart_if_changed(self, frame: Frame) -> bool:
        """Forget the recent faces if the frame has another size or an earlier media time than the last one."""
        height, width = frame.image.shape[:2]
        if self._size == (width, height) and frame.media_time >= self._last_frame:
            return False
        self._size = (width, height)
        self._recent_faces.clear()
        self._last_motion = self._last_scan = -np.inf  # due until it is done, also where the budget says wait
        return True

    def _moving_regions(self, frame: Frame) -> Float32:
        """Boxes (N,4) of what has moved since the last call that was due; none if this one is not due."""
        interval = self._settings.motion_seconds
        if not interval or not _is_due(frame.media_time, self._last_motion, interval):
            return np.zeros((0, 4), np.float32)
        self._last_motion = frame.media_time
        return self._motion.detect(frame.image)

    def _inside_roi(self, found: Detections) -> Detections:
        centres = 0.5 * (found.boxes[:, :2] + found.boxes[:, 2:])
        return found[points_in_roi(centres, self._roi, width=self._size[0], height=self._size[1])]


def _is_due(time: float, last_time: float, interval: float) -> bool:
    return time - last_time >= interval - TIME_TOLERANCE_SECONDS
