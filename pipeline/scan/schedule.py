"""What of a frame is searched for faces: all of it now and then, in between only where faces are or something moves.

Three rates, all in seconds of media time, so that a recording is searched alike on every run: the whole frame every
`scan_seconds`, what moves every `motion_seconds`, and the places of known faces on every frame.

The surprising decision: the schedule stands before the detector and learns from its answers alone; it asks neither
tracker nor engine. So a resumed run, which takes the answers from its journal, comes to the same windows again.
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
"""Searches a frame: in these windows, or all of it where they are None."""

_ENOUGH = 0.5  # share of a frame's pixels from which windows are not worth their trouble
_CONTEXT = np.array([-28, -28, 28, 28], np.float32)  # network pixels round every region, for a detector looks at necks


class Schedule:
    """Finds one camera's faces with as little search as its settings ask for."""

    def __init__(self, settings: ScheduleSettings, camera: CameraSettings, *, score: float, long_side: int = 0) -> None:
        """`score`: what a box needs to be looked at again.  `long_side`: to which whole frames are resized; 0: not."""
        self._settings, self._roi, self._long_side = settings, camera.roi, long_side
        self._places, self._motion = RecentFaces(score=score), MotionDetector(camera.roi)
        self._size = (0, 0)
        self._scanned = self._watched = self._time = -np.inf

    def find(self, frame: Frame, detect: DetectFn) -> Detections:
        """Search what is due of a frame and remember what was found there."""
        windows = self._due(frame)
        if windows is None:
            self._scanned = frame.media_time
        found = detect(frame, windows)
        self._places.note(self._relevant(found), frame.media_time)
        return found

    def _due(self, frame: Frame) -> list[Window] | None:
        """The windows to search; None for all of the frame."""
        time, fresh = frame.media_time, self._starts_anew(frame)
        self._time = time
        moved = self._moved(frame)
        if fresh or time - self._scanned >= self._settings.scan_seconds - TIME_TOLERANCE_SECONDS:
            return None
        width, height = self._size
        scale = self._long_side / max(self._size) if self._long_side else 1.0
        regions = np.concatenate([self._places.regions(time), moved]) + _CONTEXT / np.float32(scale)
        return pack_windows(regions, width=width, height=height, scale=scale, most=_ENOUGH * width * height * scale**2)

    def _starts_anew(self, frame: Frame) -> bool:
        """Whether nothing known holds any more: another size, or a clock that ran back."""
        height, width = frame.image.shape[:2]
        if self._size == (width, height) and frame.media_time >= self._time:
            return False
        self._size = (width, height)
        self._places.forget()
        self._watched = -np.inf
        return True

    def _moved(self, frame: Frame) -> Float32:
        """Regions (N,4) in which something has moved since they were last asked for."""
        due = frame.media_time - self._watched >= self._settings.motion_seconds - TIME_TOLERANCE_SECONDS
        if not self._settings.motion_seconds or not due:
            return np.zeros((0, 4), np.float32)
        self._watched = frame.media_time
        return self._motion.detect(frame.image)

    def _relevant(self, found: Detections) -> Detections:
        """Faces outside the region of interest are not followed."""
        centres = 0.5 * (found.boxes[:, :2] + found.boxes[:, 2:])
        return found[points_in_roi(centres, self._roi, width=self._size[0], height=self._size[1])]
