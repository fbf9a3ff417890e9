"""Finds the faces of frames: the one call from the engine into schedules and detectors.

The frames of a step come from different cameras, and are searched at the same time, one thread for each detector. Each
camera's schedule sees its own frames only, in their order, so the result does not depend on the number of threads.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from detectors.base import Detections, FaceDetector, Window
from detectors.windows import search_windows
from pipeline.scan.allowance import Allowance
from pipeline.scan.live_schedule import LiveSchedule
from pipeline.scan.schedule import DetectFn, Schedule
from pipeline.scan.scout import Scout
from pipeline.settings.types import CameraSettings, Settings
from pipeline.types import Frame

MIN_FRAME_SIDE_PX = 8
"""Smaller frames hold no face of a size that Glimpse knows, and detectors refuse them."""


class FaceFinder:
    """Searches frames of any camera, each by the schedule of its camera."""

    def __init__(self, detects: Sequence[DetectFn], schedules: dict[str, Schedule]) -> None:
        """detects: one for each thread; a detector is used by one thread at a time.

        schedules: by camera name; frames of a camera without one are searched whole.
        """
        self._detects, self._schedules = detects, schedules
        self._pool = ThreadPoolExecutor(len(detects), "find") if len(detects) > 1 else None

    def find(self, frames: Sequence[Frame]) -> list[Detections]:
        """The faces in the searched part of each frame, in its pixels. frames: at most one of a camera."""
        if self._pool is None or len(frames) < 2:
            return [self._find_one(frame, self._detects[0]) for frame in frames]
        lanes = range(len(self._detects))
        shares = list(self._pool.map(lambda lane: self._find_share(frames, lane), lanes))
        return [shares[number % len(lanes)][number // len(lanes)] for number in range(len(frames))]

    def add(self, camera: str, schedule: Schedule) -> None:
        """Search a camera by this schedule from the next frame on; between two calls of `find`."""
        self._schedules[camera] = schedule

    def configure(self, camera: CameraSettings) -> None:
        """Take up other settings of a camera; between two calls of `find`."""
        if camera.name in self._schedules:
            self._schedules[camera.name].configure(camera)

    def remove(self, camera: str) -> None:
        """Forget a camera; between two calls of `find`."""
        self._schedules.pop(camera, None)

    def scans(self, camera: str) -> int | None:
        """How many frames of a camera were searched whole; None where all are."""
        return self._schedules[camera].scans if camera in self._schedules else None

    def close(self) -> None:
        """End the threads."""
        if self._pool:
            self._pool.shutdown()

    def _find_share(self, frames: Sequence[Frame], lane: int) -> list[Detections]:
        """Search every n-th frame with the detector of one thread."""
        return [self._find_one(frame, self._detects[lane]) for frame in frames[lane :: len(self._detects)]]

    def _find_one(self, frame: Frame, detect: DetectFn) -> Detections:
        if min(frame.size) < MIN_FRAME_SIDE_PX:
            return Detections.empty()
        schedule = self._schedules.get(frame.camera)
        return schedule.find(frame, detect) if schedule else detect(frame, None)


def make_detect_fn(detector: FaceDetector, window_detector: FaceDetector) -> DetectFn:
    """Search whole frames with one detector and windows with the other.

    window_detector: the same model without resizing and tiling, since windows are already at the detector's scale.
    """

    def detect(frame: Frame, windows: list[Window] | None) -> Detections:
        if windows is None:
            return detector.detect(frame.image)
        if not windows:
            return Detections.empty()  # and the frame need not be converted
        return search_windows(window_detector, frame.image, windows)

    return detect


def make_schedules(settings: Settings, cameras: Iterable[CameraSettings]) -> dict[str, Schedule]:
    """Give each recording a schedule, by name; empty when every frame is to be searched whole."""
    if not settings.schedule.scan_seconds:
        return {}
    min_score, long_side = settings.tracking.high_score, settings.detector.long_side
    return {
        camera.name: Schedule(settings.schedule, camera, min_score=min_score, long_side=long_side) for camera in cameras
    }


class LiveSchedules:
    """Makes the schedules of live cameras, which share the scout and the time of so many threads."""

    def __init__(self, settings: Settings, *, threads: int, scout: Scout) -> None:
        self._settings, self._scout = settings, scout
        self._allowance = Allowance(cameras=1, threads=threads)

    def share_among(self, cameras: int) -> None:
        """So many cameras share the time from now on."""
        self._allowance.share_among(cameras)

    def make(self, camera: CameraSettings) -> LiveSchedule:
        """The schedule of one more camera."""
        return LiveSchedule(
            self._settings.schedule,
            camera,
            min_score=self._settings.tracking.high_score,
            long_side=self._settings.detector.long_side,
            allowance=self._allowance,
            scout=self._scout,
        )
