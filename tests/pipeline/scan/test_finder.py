"""The finder searches each frame by the schedule of its camera."""

import numpy as np
import pytest

from detectors.base import Detections, Image, Window
from pipeline.scan.finder import MIN_FRAME_SIDE_PX, FaceFinder, make_detect_fn, make_schedules
from pipeline.settings.types import CameraSettings, ScheduleSettings, Settings
from pipeline.types import Frame

CAMERAS = [CameraSettings(source="0", name="door"), CameraSettings(source="1", name="yard")]
FACE = Detections(np.array([[10, 10, 30, 34]], np.float32), np.array([0.9], np.float32))


class RecordedDetect:
    """Finds nothing, and notes which windows were asked for."""

    def __init__(self) -> None:
        self.calls: list[list[Window] | None] = []

    def __call__(self, frame: Frame, windows: list[Window] | None) -> Detections:
        self.calls.append(windows)
        return Detections.empty()


class FakeDetector:
    name = "fake"

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def detect(self, image: Image) -> Detections:
        self.shapes.append(image.shape)
        return FACE


def frame(camera: str = "door", *, time: float = 0.0, width: int = 640, height: int = 480) -> Frame:
    return Frame(camera, 0, time, 0.0, 0.0, np.zeros((height, width, 3), np.uint8))


def settings(scan_seconds: float) -> Settings:
    return Settings(cameras=tuple(CAMERAS), schedule=ScheduleSettings(scan_seconds=scan_seconds))


@pytest.mark.parametrize(("width", "height"), [(MIN_FRAME_SIDE_PX - 1, 480), (640, MIN_FRAME_SIDE_PX - 1)])
def test_frame_smaller_than_a_face_is_not_searched(width: int, height: int) -> None:
    detect = RecordedDetect()
    assert len(FaceFinder(detect, {}).find(frame(width=width, height=height))) == 0
    assert detect.calls == []


def test_camera_without_a_schedule_is_searched_whole_every_time() -> None:
    detect = RecordedDetect()
    finder = FaceFinder(detect, {})
    for time in (0.0, 0.1):
        finder.find(frame(time=time, width=MIN_FRAME_SIDE_PX))
    assert detect.calls == [None, None]


def test_each_camera_has_its_own_schedule() -> None:
    detect = RecordedDetect()
    finder = FaceFinder(detect, make_schedules(settings(1.0), CAMERAS))
    for camera, time in (("door", 0.0), ("door", 0.1), ("yard", 0.1)):
        finder.find(frame(camera, time=time))
    assert detect.calls == [None, [], None]


def test_no_schedules_when_every_frame_is_searched_whole() -> None:
    assert make_schedules(settings(0.0), CAMERAS) == {}


def test_whole_frames_and_windows_go_to_their_own_detectors() -> None:
    whole, windowed = FakeDetector(), FakeDetector()
    detect = make_detect_fn(whole, windowed)
    assert len(detect(frame(), None)) == 1
    assert (whole.shapes, windowed.shapes) == ([(480, 640, 3)], [])
    found = detect(frame(), [Window(128, 64, 256, 256)])
    assert windowed.shapes == [(256, 256, 3)]
    np.testing.assert_allclose(found.boxes, [[138, 74, 158, 98]])
