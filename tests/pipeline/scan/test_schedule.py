"""When a whole frame is searched, and what is searched in between, on scripted faces and times."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from detectors.arrays import Image
from detectors.base import Detections, Window
from pipeline.scan.schedule import Schedule
from pipeline.settings.types import CameraSettings, ScheduleSettings
from pipeline.types import Frame

BLACK = np.zeros((540, 960, 3), np.uint8)
FACE = (400.0, 200.0, 420.0, 224.0)


@dataclass
class FakeDetect:
    """Finds the `faces` that lie within what is searched, and notes the windows of each search."""

    faces: list[tuple[float, ...]] = field(default_factory=list)
    searches: list[list[Window] | None] = field(default_factory=list)

    def __call__(self, frame: Frame, windows: list[Window] | None) -> Detections:
        self.searches.append(windows)
        found = [face for face in self.faces if windows is None or any(shows(window, face) for window in windows)]
        return Detections(np.array(found, np.float32).reshape(-1, 4), np.full(len(found), 0.8, np.float32))

    @property
    def whole(self) -> list[bool]:
        return [windows is None for windows in self.searches]


def shows(window: Window, face: tuple[float, ...]) -> bool:
    x1, y1, x2, y2 = face
    return window.x <= x1 and window.y <= y1 and x2 <= window.x + window.side and y2 <= window.y + window.side


def frame(time: float, image: Image = BLACK) -> Frame:
    return Frame("cam", round(time * 1000), time, time, time, image)


def make_schedule(scan: float = 1.0, motion: float = 0.0, **camera: object) -> Schedule:
    settings = ScheduleSettings(scan_seconds=scan, motion_seconds=motion)
    return Schedule(settings, CameraSettings(source="x", **camera), min_score=0.4)  # type: ignore[arg-type]


def run(schedule: Schedule, detect: FakeDetect, *times: float, image: Image = BLACK) -> list[int]:
    return [len(schedule.find(frame(time, image), detect)) for time in times]


def test_first_frame_is_searched_whole_and_then_one_per_second() -> None:
    detect = FakeDetect()
    run(make_schedule(), detect, *(index / 10 for index in range(21)))
    assert [index for index, scan in enumerate(detect.whole) if scan] == [0, 10, 20]
    assert detect.searches[1] == []


def test_known_face_is_found_on_every_frame() -> None:
    detect, schedule = FakeDetect([FACE]), make_schedule()
    assert run(schedule, detect, 0.0) == [1]
    for step in range(1, 10):  # walks 5 face heights a second across
        detect.faces = [tuple(np.add(FACE, (12 * step, 0, 12 * step, 0)))]
        assert run(schedule, detect, step / 10) == [1]
    assert detect.whole == [True] + 9 * [False]


def test_new_face_that_stands_still_is_found_by_the_next_scan() -> None:
    detect, schedule = FakeDetect(), make_schedule(motion=0.2)
    run(schedule, detect, 0.0)
    detect.faces = [FACE]
    assert run(schedule, detect, 0.3, 0.6, 0.9, 1.0, 1.1) == [0, 0, 0, 1, 1]


def test_new_face_that_moves_is_found_before_the_next_scan() -> None:
    detect, schedule = FakeDetect([FACE]), make_schedule(motion=0.2)
    detect.faces = []
    run(schedule, detect, 0.0)
    arrived = BLACK.copy()
    arrived[190:400, 380:440] = 120
    detect.faces = [FACE]
    assert run(schedule, detect, 0.2, image=arrived) == [1]
    assert detect.whole == [True, False]


def test_motion_is_checked_at_its_own_interval() -> None:
    detect, schedule = FakeDetect(), make_schedule(scan=60, motion=0.5)
    flicker = BLACK.copy()
    flicker[100:200, 100:200] = 120
    for index in range(11):
        run(schedule, detect, index / 10, image=flicker if index % 2 else BLACK)
    assert [index for index, windows in enumerate(detect.searches) if windows] == [5, 10]


def test_motion_everywhere_causes_a_scan_and_restarts_the_interval() -> None:
    random = np.random.default_rng(0)
    detect, schedule = FakeDetect(), make_schedule(motion=0.2)
    for index in range(3):
        image = BLACK.copy()
        image[:, 300:] = np.kron(random.integers(0, 255, (18, 22, 3)), np.ones((30, 30, 1)))
        run(schedule, detect, index * 0.2, image=image)
    assert detect.whole == [True, True, True]
    run(schedule, detect, 0.5, 1.39, image=image)
    assert detect.whole[3:] == [False, False]


def test_night_noise_is_not_searched() -> None:
    random = np.random.default_rng(0)
    detect, schedule = FakeDetect(), make_schedule(motion=0.1)
    for index in range(5):
        run(schedule, detect, index / 10, image=np.clip(random.normal(40, 20, BLACK.shape), 0, 255).astype(np.uint8))
    assert detect.searches == [None, [], [], [], []]


@pytest.mark.parametrize("jump", [-5.0, 30.0, 1e9], ids=["back", "ahead", "far ahead"])
def test_jump_of_media_time_causes_one_scan(jump: float) -> None:
    detect = FakeDetect([FACE])
    schedule = make_schedule()
    assert run(schedule, detect, 10.0, 10.1, 10.1 + jump, 10.2 + jump) == [1, 1, 1, 1]
    assert detect.whole == [True, False, True, False]


def test_faces_are_found_while_media_time_stands_still() -> None:
    detect = FakeDetect([FACE])
    assert run(make_schedule(), detect, 1.0, 1.0, 1.0) == [1, 1, 1]


def test_new_size_is_searched_whole_and_forgets_recent_faces() -> None:
    detect, schedule = FakeDetect([FACE]), make_schedule()
    run(schedule, detect, 0.0, 0.1)
    detect.faces = []
    run(schedule, detect, 0.2, 0.3, image=np.zeros((270, 480, 3), np.uint8))
    assert detect.searches[2:] == [None, []]


def test_a_crowd_is_searched_whole() -> None:
    detect = FakeDetect([(x * 38.0, y * 25.0, x * 38.0 + 16, y * 25.0 + 20) for x in range(25) for y in range(20)])
    assert run(make_schedule(), detect, 0.0, 0.1) == [500, 500]
    assert detect.whole == [True, True]


def test_faces_outside_the_region_of_interest_are_not_followed() -> None:
    detect = FakeDetect([FACE])
    run(make_schedule(roi=((0.6, 0.0), (1.0, 0.0), (1.0, 1.0))), detect, 0.0, 0.1)
    assert detect.searches == [None, []]


def test_same_frames_are_searched_alike() -> None:
    def once() -> list[list[Window] | None]:
        detect, schedule = FakeDetect([FACE]), make_schedule(motion=0.2)
        for index in range(12):
            image = BLACK.copy()
            image[100:200, 40 * index : 40 * index + 40] = 150
            run(schedule, detect, index / 12, image=image)
        return detect.searches

    assert once() == once()


def test_a_still_scene_is_scanned_ever_more_rarely_until_something_moves() -> None:
    detect, schedule = FakeDetect(), make_schedule(motion=0.25)
    times = [index / 4 for index in range(64)]
    run(schedule, detect, *times)
    assert [time for time, scan in zip(times, detect.whole, strict=True) if scan] == [0.0, 1.0, 3.0, 7.0, 11.0, 15.0]
    arrived = BLACK.copy()
    arrived[100:200, 100:200] = 120
    run(schedule, detect, 16.0, 16.25, 17.0, 17.25, image=arrived)
    assert detect.whole[-4:] == [True, False, True, False]


def test_a_scene_with_a_still_face_is_scanned_as_often_as_asked() -> None:
    detect, schedule = FakeDetect([FACE]), make_schedule(motion=0.25)
    run(schedule, detect, *(index / 4 for index in range(13)))
    assert [index for index, scan in enumerate(detect.whole) if scan] == [0, 4, 8, 12]


def test_a_camera_that_turns_is_searched_whole() -> None:
    random = np.random.default_rng(0)
    street = np.asarray(np.kron(random.integers(0, 255, (40, 60, 3)), np.ones((40, 40, 1))), np.uint8)
    detect, schedule = FakeDetect(), make_schedule(scan=30, motion=0.1)
    for index in range(4):
        run(schedule, detect, index / 10, image=street[: BLACK.shape[0], 40 * index : 40 * index + BLACK.shape[1]])
    assert detect.whole == [True, True, True, True]
