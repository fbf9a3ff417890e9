"""The finder searches each frame by the schedule of its camera."""

import threading
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from detectors.base import Detections, Image, Window
from pipeline.scan.finder import (
    MIN_FRAME_SIDE_PX,
    FaceFinder,
    LiveSchedules,
    make_detect_fn,
    make_schedules,
)
from pipeline.scan.live_schedule import LiveSchedule
from pipeline.scan.scout import Scout
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
    [found] = FaceFinder([detect], {}).find([frame(width=width, height=height)])
    assert len(found) == 0
    assert detect.calls == []


def test_camera_without_a_schedule_is_searched_whole_every_time() -> None:
    detect = RecordedDetect()
    finder = FaceFinder([detect], {})
    for time in (0.0, 0.1):
        finder.find([frame(time=time, width=MIN_FRAME_SIDE_PX)])
    assert detect.calls == [None, None]


def test_each_camera_has_its_own_schedule() -> None:
    detect = RecordedDetect()
    finder = FaceFinder([detect], make_schedules(settings(1.0), CAMERAS))
    for camera, time in (("door", 0.0), ("door", 0.1), ("yard", 0.1)):
        finder.find([frame(camera, time=time)])
    assert detect.calls == [None, [], None]


def test_no_schedules_when_every_frame_is_searched_whole() -> None:
    assert make_schedules(settings(0.0), CAMERAS) == {}


def test_live_cameras_share_a_scout_and_an_allowance() -> None:
    with closing(Scout(lambda frame: Detections.empty())) as scout:
        maker = LiveSchedules(settings(0.0), threads=2, scout=scout)
        door, yard = map(maker.make, CAMERAS)
    assert isinstance(door, LiveSchedule)
    assert isinstance(yard, LiveSchedule)
    assert (door._scout, door._allowance) == (yard._scout, yard._allowance)


def test_whole_frames_and_windows_go_to_their_own_detectors() -> None:
    whole, windowed = FakeDetector(), FakeDetector()
    detect = make_detect_fn(whole, windowed)
    assert len(detect(frame(), None)) == 1
    assert (whole.shapes, windowed.shapes) == ([(480, 640, 3)], [])
    found = detect(frame(), [Window(128, 64, 256, 256)])
    assert windowed.shapes == [(256, 256, 3)]
    np.testing.assert_allclose(found.boxes, [[138, 74, 158, 98]])


def test_a_frame_without_windows_is_not_converted() -> None:
    class Unseen:
        size = (640, 480)

        @property
        def image(self) -> Image:
            raise AssertionError("converted")

    unseen = replace(frame(), picture=Unseen())  # type: ignore[arg-type]
    assert len(make_detect_fn(FakeDetector(), FakeDetector())(unseen, [])) == 0


def test_frames_of_several_cameras_are_searched_at_the_same_time() -> None:
    meeting = threading.Barrier(2, timeout=10)

    def meet(frame: Frame, windows: list[Window] | None) -> Detections:
        meeting.wait()
        return Detections(np.array([[0, 0, frame.index, 9]], np.float32), np.array([0.9], np.float32))

    with closing(FaceFinder([meet, meet], {})) as finder:
        found = finder.find([replace(frame("door"), index=5), replace(frame("yard"), index=7)])
    assert [one.boxes[0, 2] for one in found] == [5, 7]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7])
@pytest.mark.parametrize("threads", [1, 2, 4])
def test_faces_come_in_the_order_of_the_frames_whatever_the_number_of_threads(count: int, threads: int) -> None:
    def width(frame: Frame, windows: list[Window] | None) -> Detections:
        return Detections(np.array([[0, 0, frame.index, 9]], np.float32), np.array([0.9], np.float32))

    with closing(FaceFinder([width] * threads, {})) as finder:
        found = finder.find([replace(frame(f"camera {number}"), index=number + 1) for number in range(count)])
    assert [one.boxes[0, 2] for one in found] == list(range(1, count + 1))


def test_a_detector_that_fails_in_its_thread_ends_the_step() -> None:
    def fail(frame: Frame, windows: list[Window] | None) -> Detections:
        raise RuntimeError("no memory")

    with closing(FaceFinder([fail, fail], {})) as finder, pytest.raises(RuntimeError, match="no memory"):
        finder.find([frame("door"), frame("yard")])
