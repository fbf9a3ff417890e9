"""Chooses what to search of each frame: all of it at intervals, in between only where faces were or something moves.

The whole frame is due every `scan_seconds`, moving parts every `motion_seconds`, and the surroundings of recent faces
on every frame. The intervals are in media time, so every run searches a recording alike. A schedule depends on nothing
but frames and detections, so a resumed run, which takes the detections from its cache, chooses the same windows again.
"""

from collections.abc import Callable

import numpy as np

from detectors.arrays import Float32
from detectors.base import Detections, Window
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
        self, settings: ScheduleSettings, camera: CameraSettings, *, min_score: float, long_side: int = 0
    ) -> None:
        """min_score: what a box needs to be searched for again.

        long_side: to which the detector resizes whole frames, in pixels; 0: it does not.
        """
        self._settings, self._roi, self._long_side = settings, camera.roi, long_side
        self._recent_faces = RecentFaces(min_score=min_score)
        self._motion = MotionDetector(camera.roi)
        self._size = (0, 0)
        self._last_scan = self._last_motion = self._last_frame = -np.inf  # media seconds

    def find(self, frame: Frame, detect: DetectFn) -> Detections:
        """Search the parts of a frame that are due, and remember the faces found there."""
        windows = self._choose_windows(frame)
        if windows is None:
            self._last_scan = frame.media_time
        found = detect(frame, windows)
        self._recent_faces.update(self._inside_roi(found), frame.media_time)
        return found

    def _choose_windows(self, frame: Frame) -> list[Window] | None:
        """The windows to search; None for all of the frame."""
        time, restarted = frame.media_time, self._restart_if_changed(frame)
        self._last_frame = time
        moving = self._moving_regions(frame)
        if restarted or _is_due(time, self._last_scan, self._settings.scan_seconds):
            return None
        width, height = self._size
        scale = self._long_side / max(self._size) if self._long_side else 1.0
        regions = np.concatenate([self._recent_faces.search_regions(time), moving]) + CONTEXT_PX / np.float32(scale)
        max_pixels = MAX_WINDOWS_FRACTION * width * height * scale**2
        return pack_windows(regions, width=width, height=height, scale=scale, max_pixels=max_pixels)

    def _restart_if_changed(self, frame: Frame) -> bool:
        """Forget the recent faces if the frame has another size or an earlier media time than the last one."""
        height, width = frame.image.shape[:2]
        if self._size == (width, height) and frame.media_time >= self._last_frame:
            return False
        self._size = (width, height)
        self._recent_faces.clear()
        self._last_motion = -np.inf
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
