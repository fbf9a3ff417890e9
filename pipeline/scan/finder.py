"""Finds the faces of a frame: the one call from the engine into schedules and detector."""

from collections.abc import Iterable, Mapping

from detectors.base import Detections, FaceDetector, Window
from detectors.windows import search_windows
from pipeline.scan.schedule import DetectFn, Schedule
from pipeline.settings.types import CameraSettings, Settings
from pipeline.types import Frame

MIN_FRAME_SIDE_PX = 8
"""Smaller frames hold no face of a size that Glimpse knows, and detectors refuse them."""


class FaceFinder:
    """Searches frames of any camera, each by the schedule of its camera."""

    def __init__(self, detect: DetectFn, schedules: Mapping[str, Schedule]) -> None:
        """schedules: by camera name; frames of a camera without one are searched whole."""
        self._detect, self._schedules = detect, schedules

    def find(self, frame: Frame) -> Detections:
        """Return the faces found in the searched part of a frame, in the frame's pixels."""
        if min(frame.image.shape[:2]) < MIN_FRAME_SIDE_PX:
            return Detections.empty()
        schedule = self._schedules.get(frame.camera)
        return schedule.find(frame, self._detect) if schedule else self._detect(frame, None)


def make_detect_fn(detector: FaceDetector, window_detector: FaceDetector) -> DetectFn:
    """Search whole frames with one detector and windows with the other.

    window_detector: the same model without resizing and tiling, since windows are already at the detector's scale.
    """

    def detect(frame: Frame, windows: list[Window] | None) -> Detections:
        if windows is None:
            return detector.detect(frame.image)
        return search_windows(window_detector, frame.image, windows)

    return detect


def make_schedules(settings: Settings, cameras: Iterable[CameraSettings]) -> dict[str, Schedule]:
    """Give each camera a schedule, by name; empty when the settings ask to search every frame whole."""
    if not settings.schedule.scan_seconds:
        return {}
    min_score, long_side = settings.tracking.high_score, settings.detector.long_side
    return {
        camera.name: Schedule(settings.schedule, camera, min_score=min_score, long_side=long_side) for camera in cameras
    }
