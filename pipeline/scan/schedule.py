"""Chooses what to search of each frame: all of it at intervals, in between only where faces were or something moves.

The whole frame is due every `scan_seconds`, moving parts every `motion_seconds`, and the surroundings of recent faces
on every frame. The intervals are in media time, so every run searches a recording alike. A schedule depends on nothing
but frames and detections, so a resumed run, which takes the detections from its cache, chooses the same windows again.
Live cameras have a schedule that is bound by time as well (pipeline/scan/live_schedule.py).
"""

import math
from collections.abc import Callable

import numpy as np

from detectors.arrays import Float32
from detectors.base import Detections, Window
from pipeline.scan.motion import MotionDetector
from pipeline.scan.pack_windows import pack_windows
from pipeline.scan.recent_faces import RecentFaces
from pipeline.scan.roi import points_watched
from pipeline.settings.types import CameraSettings, ScheduleSettings
from pipeline.types import TIME_TOLERANCE_SECONDS, Frame

DetectFn = Callable[[Frame, list[Window] | None], Detections]
"""Searches the given windows of a frame, or all of it if they are None. Boxes are in pixels of the frame."""

MAX_WINDOWS_FRACTION = 0.5
"""Share of the frame's pixels from which a search of the whole frame is better than windows."""

MAX_DOUBLINGS = 2
"""Of the interval between scans where nothing moves and no face is: a person who comes in moves."""

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
        self.scans = 0  # whole frames searched so far
        self._settings, self._camera, self._long_side = settings, camera, long_side
        self._recent_faces = RecentFaces(min_score=min_score)
        self._motion = MotionDetector(camera.roi)
        self._size = (0, 0)
        self._moved_at = self._changed_at = -np.inf  # media seconds: something has moved, everything has changed
        self._quiet_scans = 0  # in a row
        self._last_scan = self._last_motion = self._last_frame = -np.inf  # media seconds

    def configure(self, camera: CameraSettings) -> None:
        """Take up other settings of the camera, between two frames."""
        self._camera = camera
        self._motion.roi = camera.roi

    def find(self, frame: Frame, detect: DetectFn) -> Detections:
        """Search the parts of a frame that are due, and remember the faces found there."""
        windows = self._choose_windows(frame)
        found = detect(frame, windows)
        self._recent_faces.update(self._watched(found), frame.media_time, searched=windows)
        if windows is None:
            self._note_scan(frame.media_time)
        return found

    def _choose_windows(self, frame: Frame) -> list[Window] | None:
        """The windows to search; None for all of the frame."""
        self._restart_if_changed(frame)
        moving = self._moving_regions(frame)
        if self._is_scan_due(frame):
            return None
        return self._pack(np.concatenate([self._recent_faces.search_regions(frame.media_time), moving]))

    def _is_scan_due(self, frame: Frame) -> bool:
        interval = self._settings.scan_seconds * 2**self._quiet_scans
        return self._last_scan < self._changed_at or _is_due(frame.media_time, self._last_scan, interval)

    def _note_scan(self, media_time: float) -> None:
        """A scan ends an interval; the next one is twice as long if nothing has moved since and no face is known."""
        is_known = self._settings.motion_seconds > 0 and self._last_scan > -np.inf
        is_quiet = is_known and self._moved_at <= self._last_scan and not self._recent_faces.any
        self._last_scan = media_time
        self.scans += 1
        self._quiet_scans = min(self._quiet_scans + 1, MAX_DOUBLINGS) if is_quiet else 0

    @property
    def _scale(self) -> float:
        """Network pixels per picture pixel in a search of the whole frame."""
        return self._long_side / max(self._size) if self._long_side else 1.0

    @property
    def _pixels(self) -> float:
        """Network pixels of a search of the whole frame."""
        return self._size[0] * self._size[1] * self._scale**2

    def _pack(self, regions: Float32, *, max_pixels: float = math.inf) -> list[Window] | None:
        """Windows that show these boxes (N,4), pixels; None where they would take too many network pixels."""
        return self._pack_all(regions, max_pixels=min(max_pixels, MAX_WINDOWS_FRACTION * self._pixels))

    def _pack_all(self, regions: Float32, *, max_pixels: float = math.inf) -> list[Window] | None:
        """The same without a limit that comes from the frame's size."""
        (width, height), scale = self._size, self._scale
        regions = regions + CONTEXT_PX / np.float32(scale)
        return pack_windows(regions, width=width, height=height, scale=scale, max_pixels=max_pixels)

    def _restart_if_changed(self, frame: Frame) -> None:
        """Forget the recent faces if the frame has another size or an earlier media time than the last one."""
        if self._size != frame.size or frame.media_time < self._last_frame:
            self._size = frame.size
            self._restart(frame)
        self._last_frame = frame.media_time

    def _restart(self, frame: Frame) -> None:
        self._recent_faces.clear()
        self._quiet_scans = 0
        self._last_motion = self._last_scan = self._moved_at = self._changed_at = -np.inf

    def _moving_regions(self, frame: Frame) -> Float32:
        """Boxes (N,4) of what has moved since the last call that was due; none if this one is not due."""
        interval = self._settings.motion_seconds
        if not interval or not _is_due(frame.media_time, self._last_motion, interval):
            return np.zeros((0, 4), np.float32)
        self._last_motion = frame.media_time
        moving = self._motion.detect(frame.brightness)
        if self._motion.everywhere:
            self._changed_at = frame.media_time
        if len(moving) or self._motion.everywhere:
            self._moved_at, self._quiet_scans = frame.media_time, 0
        return moving

    def _watched(self, found: Detections) -> Detections:
        centres = 0.5 * (found.boxes[:, :2] + found.boxes[:, 2:])
        return found[points_watched(centres, self._camera, width=self._size[0], height=self._size[1])]


def _is_due(time: float, last_time: float, interval: float) -> bool:
    return time - last_time >= interval - TIME_TOLERANCE_SECONDS
