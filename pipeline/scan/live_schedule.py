"""The schedule of a live camera: as for a recording, but no frame is searched longer than the cameras' time allows.

Where a whole search is due and too long for a step, the scout does it beside the engine
(pipeline/scan/scout.py). Where even the known faces are too many, they take turns (pipeline/scan/turns.py).
"""

import time

import numpy as np

from detectors.arrays import Float32
from detectors.base import Detections, Window
from pipeline.scan.allowance import Allowance
from pipeline.scan.pack_windows import count_pixels
from pipeline.scan.schedule import DetectFn, Schedule
from pipeline.scan.scout import Scout
from pipeline.scan.turns import Turns
from pipeline.settings.types import CameraSettings, ScheduleSettings
from pipeline.types import Frame


class LiveSchedule(Schedule):
    """Finds the faces of one live camera within its share of each step."""

    def __init__(
        self,
        settings: ScheduleSettings,
        camera: CameraSettings,
        *,
        min_score: float,
        allowance: Allowance,
        scout: Scout,
        long_side: int = 0,
    ) -> None:
        """allowance and scout: shared by all cameras."""
        super().__init__(settings, camera, min_score=min_score, long_side=long_side)
        self._allowance, self._scout, self._turns = allowance, scout, Turns()
        self._restarted = -np.inf  # media seconds; what was searched before shows something else

    def find(self, frame: Frame, detect: DetectFn) -> Detections:
        """Search what is due and what the time allows, and measure how long it takes."""

        def measured(frame: Frame, windows: list[Window] | None) -> Detections:
            began = time.monotonic()
            found = detect(frame, windows)
            pixels = self._pixels if windows is None else count_pixels(windows)
            self._allowance.measure(pixels, time.monotonic() - began)
            return found

        return super().find(frame, measured)

    def _choose_windows(self, frame: Frame) -> list[Window] | None:
        self._restart_if_changed(frame)
        self._take_scan(frame)
        moving, limit = self._moving_regions(frame), self._allowance.pixels
        may_scan = self._pixels <= limit
        if self._is_scan_due(frame):
            if may_scan:
                return None
            self._scout.ask(frame)
        known = self._recent_faces.search_regions(frame.media_time)
        for regions in (np.concatenate([known, moving]), known):
            windows = self._pack(regions, max_pixels=limit)
            if windows is not None:
                return windows
            if may_scan:
                return None
            self._scout.ask(frame)  # for what moves and cannot be searched now
        return self._turns.choose(known, lambda part: self._pack_turn(part, limit))

    def _pack_turn(self, regions: Float32, limit: float) -> list[Window] | None:
        """Windows of a part; those of a single region however many pixels they take, so that each has its turn."""
        return self._pack(regions, max_pixels=limit) if len(regions) > 1 else self._pack_all(regions)

    def _take_scan(self, frame: Frame) -> None:
        """Learn where the scout has found faces since the last frame."""
        scan = self._scout.take(frame.camera)
        if scan and scan.size == self._size and self._restarted <= scan.media_time <= frame.media_time:
            self._recent_faces.add_older(self._watched(scan.found), scan.media_time)
            self._note_scan(scan.media_time)

    def _restart(self, frame: Frame) -> None:
        super()._restart(frame)
        self._restarted = frame.media_time
