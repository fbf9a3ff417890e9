"""The schedule on scripted searches: when all of a frame is searched, what in between, whatever the clock does."""

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
class World:
    """Faces where they really are; a search shows those that lie in what is searched, and is written down."""

    faces: list[tuple[float, ...]] = field(default_factory=list)
    asked: list[list[Window] | None] = field(default_factory=list)

    def look(self, frame: Frame, windows: list[Window] | None) -> Detections:
        self.asked.append(windows)
        seen = [face for face in self.faces if windows is None or any(shows(one, face) for one in windows)]
        return Detections(np.array(seen, np.float32).reshape(-1, 4), np.full(len(seen), 0.8, np.float32))

    @property
    def scans(self) -> list[bool]:
        return [windows is None for windows in self.asked]


def shows(window: Window, face: tuple[float, ...]) -> bool:
    x1, y1, x2, y2 = face
    return window.x <= x1 and window.y <= y1 and x2 <= window.x + window.side and y2 <= window.y + window.side


def frame(time: float, image: Image = BLACK) -> Frame:
    return Frame("cam", round(time * 1000), time, time, time, image)


def schedule(scan: float = 1.0, motion: float = 0.0, **given: object) -> Schedule:
    settings = ScheduleSettings(scan_seconds=scan, motion_seconds=motion)
    return Schedule(settings, CameraSettings(source="x", **given), min_score=0.4)  # type: ignore[arg-type]


def run(one: Schedule, world: World, *times: float, image: Image = BLACK) -> list[int]:
    return [len(one.find(frame(time, image), world.look)) for time in times]


def test_the_first_frame_is_searched_whole_and_then_one_a_second() -> None:
    world = World()
    run(schedule(), world, *(index / 10 for index in range(21)))
    assert [index for index, scan in enumerate(world.scans) if scan] == [0, 10, 20]
    assert world.asked[1] == []


def test_a_known_face_is_followed_on_every_frame() -> None:
    world, one = World([FACE]), schedule()
    assert run(one, world, 0.0) == [1]
    for step in range(1, 10):  # walks 5 face heights a second across
        world.faces = [tuple(np.add(FACE, (12 * step, 0, 12 * step, 0)))]
        assert run(one, world, step / 10) == [1]
    assert world.scans == [True] + 9 * [False]


def test_a_new_face_that_does_not_move_is_found_by_the_next_scan() -> None:
    world, one = World(), schedule(motion=0.2)
    run(one, world, 0.0)
    world.faces = [FACE]
    assert run(one, world, 0.3, 0.6, 0.9, 1.0, 1.1) == [0, 0, 0, 1, 1]


def test_a_new_face_that_moves_is_found_before() -> None:
    world, one = World([FACE]), schedule(motion=0.2)
    world.faces = []
    run(one, world, 0.0)
    arrived = BLACK.copy()
    arrived[190:400, 380:440] = 120
    world.faces = [FACE]
    assert run(one, world, 0.2, image=arrived) == [1]
    assert world.scans == [True, False]


def test_motion_is_looked_for_at_its_own_rate() -> None:
    world, one = World(), schedule(scan=60, motion=0.5)
    flicker = BLACK.copy()
    flicker[100:200, 100:200] = 120
    for index in range(11):
        run(one, world, index / 10, image=flicker if index % 2 else BLACK)
    assert [index for index, windows in enumerate(world.asked) if windows] == [5, 10]


def test_motion_everywhere_is_a_scan_and_starts_the_second_anew() -> None:
    random = np.random.default_rng(0)
    world, one = World(), schedule(motion=0.2)
    for index in range(3):
        image = BLACK.copy()
        image[:, 300:] = np.kron(random.integers(0, 255, (18, 22, 3)), np.ones((30, 30, 1)))
        run(one, world, index * 0.2, image=image)
    assert world.scans == [True, True, True]
    run(one, world, 0.5, 1.39, image=image)
    assert world.scans[3:] == [False, False]


def test_night_noise_is_not_searched() -> None:
    random = np.random.default_rng(0)
    world, one = World(), schedule(motion=0.1)
    for index in range(5):
        run(one, world, index / 10, image=np.clip(random.normal(40, 20, BLACK.shape), 0, 255).astype(np.uint8))
    assert world.asked == [None, [], [], [], []]


@pytest.mark.parametrize("jump", [-5.0, 30.0, 1e9], ids=["back", "ahead", "far ahead"])
def test_a_clock_that_jumps_costs_one_scan(jump: float) -> None:
    world = World([FACE])
    one = schedule()
    assert run(one, world, 10.0, 10.1, 10.1 + jump, 10.2 + jump) == [1, 1, 1, 1]
    assert world.scans == [True, False, True, False]


def test_a_clock_that_stands_still_hides_nobody() -> None:
    world = World([FACE])
    assert run(schedule(), world, 1.0, 1.0, 1.0) == [1, 1, 1]


def test_another_size_is_searched_whole_and_nothing_is_carried_over() -> None:
    world, one = World([FACE]), schedule()
    run(one, world, 0.0, 0.1)
    world.faces = []
    run(one, world, 0.2, 0.3, image=np.zeros((270, 480, 3), np.uint8))
    assert world.asked[2:] == [None, []]


def test_a_crowd_is_searched_whole() -> None:
    world = World([(x * 38.0, y * 25.0, x * 38.0 + 16, y * 25.0 + 20) for x in range(25) for y in range(20)])
    assert run(schedule(), world, 0.0, 0.1) == [500, 500]
    assert world.scans == [True, True]


def test_faces_outside_the_region_of_interest_are_not_followed() -> None:
    world = World([FACE])
    run(schedule(roi=((0.6, 0.0), (1.0, 0.0), (1.0, 1.0))), world, 0.0, 0.1)
    assert world.asked == [None, []]


def test_the_same_frames_are_searched_alike() -> None:
    def once() -> list[list[Window] | None]:
        world, one = World([FACE]), schedule(motion=0.2)
        for index in range(12):
            image = BLACK.copy()
            image[100:200, 40 * index : 40 * index + 40] = 150
            run(one, world, index / 12, image=image)
        return world.asked

    assert once() == once()
