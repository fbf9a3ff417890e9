"""Live cameras under a scripted allowance: what is searched in the step, and what the scout is asked for."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from detectors.arrays import Float32, Image
from detectors.base import Detections
from pipeline.scan.allowance import Allowance
from pipeline.scan.live_schedule import LiveSchedule
from pipeline.scan.scout import Scan, Scout
from pipeline.scan.turns import TURN_FRAMES
from pipeline.settings.types import CameraSettings, ScheduleSettings
from pipeline.types import Frame
from tests.pipeline.scan.test_schedule import BLACK, FACE, FakeDetect, run


class Fixed(Allowance):
    """The same pixels for ever."""

    def __init__(self, pixels: float) -> None:
        super().__init__(cameras=1, threads=1)
        self._pixels = pixels

    @property
    def pixels(self) -> float:
        return self._pixels


@dataclass
class FakeScout:
    """Notes what it is asked for, and gives what the test says."""

    asked: list[Frame] = field(default_factory=list)
    scan: Scan | None = None

    def ask(self, frame: Frame) -> None:
        self.asked.append(frame)

    def take(self, camera: str) -> Scan | None:
        scan, self.scan = self.scan, None
        return scan


def make(scout: FakeScout, *, pixels: float, scan: float = 1.0, motion: float = 0.0) -> LiveSchedule:
    settings = ScheduleSettings(scan_seconds=scan, motion_seconds=motion)
    return LiveSchedule(
        settings,
        CameraSettings(source="x"),
        min_score=0.4,
        allowance=Fixed(pixels),
        scout=scout,  # type: ignore[arg-type]
    )


def scan_of(*faces: tuple[float, ...], time: float, size: tuple[int, int] = (960, 540)) -> Scan:
    boxes: Float32 = np.array(faces, np.float32).reshape(-1, 4)
    return Scan(time, size, Detections(boxes, np.full(len(boxes), 0.8, np.float32)))


def test_a_frame_that_fits_the_step_is_searched_whole_at_once() -> None:
    scout, detect = FakeScout(), FakeDetect([FACE])
    assert run(make(scout, pixels=1e6), detect, 0.0, 0.1, 1.0) == [1, 1, 1]
    assert detect.whole == [True, False, True]
    assert scout.asked == []


def test_a_frame_that_does_not_fit_goes_to_the_scout_whose_faces_are_searched_next() -> None:
    scout, detect = FakeScout(), FakeDetect([FACE])
    schedule = make(scout, pixels=300_000)
    assert run(schedule, detect, 0.0, 0.1) == [0, 0]
    assert [one.media_time for one in scout.asked] == [0.0, 0.1]  # until a scan is there
    scout.scan = scan_of(FACE, time=0.0)
    assert run(schedule, detect, 0.2, 0.3) == [1, 1]
    assert len(scout.asked) == 2
    assert schedule.scans == 1
    assert True not in detect.whole


def test_an_old_scan_does_not_move_a_face_that_is_known_by_now() -> None:
    scout, detect = FakeScout(), FakeDetect([FACE])
    schedule = make(scout, pixels=300_000)
    scout.scan = scan_of(FACE, time=0.0)
    run(schedule, detect, 0.0)
    moved = tuple(np.add(FACE, (10, 0, 10, 0)))
    detect.faces = [moved]
    scout.scan = scan_of(FACE, time=0.0)
    assert run(schedule, detect, 0.1, 0.2) == [1, 1]
    assert len(schedule._recent_faces.search_regions(0.2)) == 1


@pytest.mark.parametrize(
    "scan",
    [
        pytest.param(scan_of(FACE, time=4.0), id="before the restart"),
        pytest.param(scan_of(FACE, time=9.0), id="of the future"),
        pytest.param(scan_of(FACE, time=5.0, size=(640, 360)), id="of another size"),
    ],
)
def test_scans_of_another_picture_are_ignored(scan: Scan) -> None:
    scout, detect = FakeScout(), FakeDetect([FACE])
    schedule = make(scout, pixels=300_000)
    run(schedule, detect, 7.0, 5.0)  # the clock jumped back
    scout.scan = scan
    assert run(schedule, detect, 5.1) == [0]
    assert schedule.scans == 0


def test_faces_too_many_for_a_step_take_turns_and_none_is_forgotten() -> None:
    crowd = [(float(x), 100.0, x + 20.0, 124.0) for x in range(40, 900, 300)]
    scout, detect = FakeScout(scan=scan_of(*crowd, time=0.0)), FakeDetect(crowd)
    schedule = make(scout, pixels=2 * 256**2, scan=60)
    found = run(schedule, detect, *(index / 10 for index in range(8 * TURN_FRAMES)))
    assert {1, 2} == set(found)
    last = detect.searches[-4 * TURN_FRAMES :]
    assert {window.x for windows in last for window in windows or ()} == {0, 224, 520}


def test_scan_seconds_0_searches_whole_frames_where_they_fit_and_asks_the_scout_where_not() -> None:
    for pixels, whole, asked in ((1e6, [True] * 3, 0), (300_000, [False] * 3, 3)):
        scout, detect = FakeScout(), FakeDetect()
        run(make(scout, pixels=pixels, scan=0.0), detect, 0.0, 0.1, 0.2)
        assert (detect.whole, len(scout.asked)) == (whole, asked)


def test_how_long_searches_take_is_measured() -> None:
    measured: list[float] = []

    class Noting(Fixed):
        def measure(self, pixels: float, seconds: float) -> None:
            measured.append(pixels)
            assert seconds > 0

    schedule = LiveSchedule(
        ScheduleSettings(scan_seconds=1.0, motion_seconds=0),
        CameraSettings(source="x"),
        min_score=0.4,
        allowance=Noting(1e6),
        scout=Scout(lambda frame: Detections.empty()),
    )
    run(schedule, FakeDetect([FACE]), 0.0, 0.1)
    assert measured == [BLACK.shape[0] * BLACK.shape[1], 256**2]


def test_windows_of_the_live_schedule_never_exceed_the_allowance() -> None:
    crowd = [(x * 38.0, y * 25.0, x * 38.0 + 16, y * 25.0 + 20) for x in range(25) for y in range(20)]
    scout, detect = FakeScout(scan=scan_of(*crowd, time=0.0)), FakeDetect(crowd)
    run(make(scout, pixels=2 * 384**2, scan=60), detect, *(index / 10 for index in range(20)))
    searched = [windows for windows in detect.searches if windows]
    assert len(searched) == 20
    assert all(sum(window.pixels**2 for window in windows) <= 2 * 384**2 for windows in searched)


@pytest.mark.parametrize("image", [BLACK, BLACK[:270, :480]], ids=["large frame", "small frame"])
@pytest.mark.parametrize("face", [FACE, (100.0, 40.0, 260.0, 240.0)], ids=["small face", "large face"])
def test_a_known_face_is_searched_however_little_time_there_is(image: Image, face: tuple[float, ...]) -> None:
    other = tuple(np.add(face, 4))
    scout, detect = FakeScout(), FakeDetect([face, other])
    schedule = make(scout, pixels=1.0, scan=60)
    run(schedule, detect, 0.0, image=image)
    scout.scan = scan_of(face, other, time=0.0, size=(image.shape[1], image.shape[0]))
    run(schedule, detect, *(index / 10 for index in range(1, 2 + 2 * TURN_FRAMES)), image=image)
    assert all(detect.searches[1:])


def flicker(image: Image, number: int) -> Image:
    """Two large areas that change from frame to frame, more than a step may search."""
    changed = image.copy()
    changed[40:500, 40:340] = changed[40:500, 600:900] = 40 + 80 * (number % 2)
    return changed


def test_what_moves_and_does_not_fit_is_left_to_the_scout() -> None:
    scout, detect = FakeScout(scan=scan_of(time=0.0)), FakeDetect()
    schedule = make(scout, pixels=100_000, scan=60, motion=0.1)
    for number in range(6):
        run(schedule, detect, number / 10, image=flicker(BLACK, number))
    assert len(scout.asked) >= 4


def test_a_change_of_everything_is_due_until_a_scan_has_seen_it() -> None:
    scout, detect = FakeScout(scan=scan_of(time=0.0)), FakeDetect()
    schedule = make(scout, pixels=1.0, scan=60, motion=0.1)
    run(schedule, detect, 0.0, 0.1)
    lit = np.full_like(BLACK, 90)
    scout.asked.clear()
    scout.scan = scan_of(time=0.1)  # of the dark
    run(schedule, detect, 0.2, 0.3, image=lit)
    scout.scan = scan_of(time=0.2)
    run(schedule, detect, 0.4, 0.5, image=lit)
    assert [one.media_time for one in scout.asked] == [0.2, 0.3]


def test_one_window_is_enough_to_measure_by() -> None:
    allowance = Allowance(cameras=1, threads=1)
    before = allowance.pixels
    allowance.measure(256**2, 1e-3)
    assert allowance.pixels > before
