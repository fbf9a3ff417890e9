"""Annotated frames: boxes by state, and labels that cover no face."""

import numpy as np
import pytest

from detectors.arrays import Image
from detectors.base import Detections
from pipeline.sink import FrameResult
from pipeline.sinks.annotate import COLORS, _draw_leader, _Style, annotate, label_text
from pipeline.types import Frame, Track
from recognizer.base import Decision, State


def decision(state: State, person: str | None = "Ada") -> Decision:
    return Decision(state, person, 0.714, 0.5, 0.2, 9, 4.2, 14.0, ("because",), 0.0042)


def track(number: int, *box: float) -> Track:
    return Track("cam", number, np.array(box, np.float32), 0.9, None, 1.0)


def blank(height: int = 360, width: int = 640) -> Image:
    image = np.full((height, width, 3), 90, np.uint8)
    image.setflags(write=False)
    return image


def view(
    image: Image, tracks: tuple[Track, ...] = (), *, weak: Detections | None = None, **decisions: State
) -> FrameResult:
    known = {int(key[1:]): decision(state) for key, state in decisions.items()}
    return FrameResult(Frame("cam", 0, 61.5, 0.0, 0.0, image), weak or Detections.empty(), tracks, known)


def changed(before: Image, after: Image) -> np.ndarray:  # type: ignore[type-arg]
    return (before != after).any(axis=2)


def test_the_frame_itself_is_unchanged() -> None:
    image = blank()
    before = image.copy()
    drawn = annotate(image, view(image, (track(1, 100, 100, 114, 114),)))
    assert np.array_equal(image, before)
    assert drawn.shape == image.shape
    assert drawn.flags.writeable
    assert changed(image, drawn).any()


@pytest.mark.parametrize("state", list(State))
def test_each_state_has_its_own_colour(state: State) -> None:
    image = blank()
    drawn = annotate(image, view(image, (track(1, 300, 200, 330, 230),), _1=state))
    around = drawn[195:236, 295:336].reshape(-1, 3)
    assert (around == COLORS[state]).all(axis=1).any()
    assert len(set(COLORS.values())) == len(State)


def test_the_face_itself_stays_visible() -> None:
    image = blank()
    drawn = annotate(image, view(image, (track(1, 300, 200, 310, 210),), _1=State.NAMED))
    assert not changed(image, drawn)[201:209, 301:309].any()


def test_labels_avoid_neighbouring_faces() -> None:
    image = blank()
    row = tuple(track(n, 40 + 90 * n, 180, 52 + 90 * n, 192) for n in range(6))
    drawn = annotate(image, view(image, row, _1=State.NAMED, _3=State.CANDIDATE))
    for neighbour in row:
        x1, y1, x2, y2 = neighbour.box.astype(int)
        assert not changed(image, drawn)[y1 + 1 : y2 - 1, x1 + 1 : x2 - 1].any()


@pytest.mark.parametrize(("top", "linked"), [(150, True), (183, False)])
def test_a_distant_label_gets_a_line_to_its_face(top: float, linked: bool) -> None:
    canvas = blank().copy()
    place, box = np.array([90, top, 190, top + 15], np.float32), np.array([100, 200, 112, 212], np.float32)
    _draw_leader(canvas, place, box, COLORS[State.NAMED], _Style.of(canvas))
    assert changed(blank(), canvas).any() == linked


def test_a_crowd_of_500_keeps_its_faces_visible() -> None:
    image = blank(1080, 1920)
    crowd = tuple(
        track(n, 20 + 60 * (n % 31), 20 + 60 * (n // 31), 34 + 60 * (n % 31), 34 + 60 * (n // 31)) for n in range(500)
    )
    drawn = changed(image, annotate(image, view(image, crowd)))
    inside = [drawn[int(t.box[1]) + 1 : int(t.box[3]) - 1, int(t.box[0]) + 1 : int(t.box[2]) - 1] for t in crowd]
    assert np.mean([part.mean() for part in inside]) < 0.1


def test_weak_detections_are_dotted_unless_tracked() -> None:
    image = blank()
    boxes = np.array([[100, 100, 120, 120], [300, 100, 320, 120]], np.float32)
    weak = Detections(boxes, np.array([0.3, 0.9], np.float32))
    alone = changed(image, annotate(image, view(image, weak=weak)))
    assert 0 < alone[95:126, 95:126].mean() < 0.1
    tracked = annotate(image, view(image, (track(1, 300, 100, 320, 120),), weak=weak))
    assert np.array_equal(tracked, annotate(image, view(image, (track(1, 300, 100, 320, 120),), weak=weak[:1])))


@pytest.mark.parametrize(
    "box",
    [
        (np.nan, 0, 10, 10),
        (-1e9, -1e9, 1e9, 1e9),
        (630, 350, 700, 420),
        (-50, -50, -10, -10),
        (10, 10, 10, 10),
        (20, 20, 10, 10),
        (0, 0, np.inf, 5),
    ],
)
def test_boxes_outside_or_without_area_are_accepted(box: tuple[float, float, float, float]) -> None:
    image = blank()
    weak = Detections(np.array([box], np.float32), np.array([0.3], np.float32))
    assert annotate(image, view(image, (track(1, *box),), weak=weak, _1=State.NAMED)).shape == image.shape


@pytest.mark.parametrize(("height", "width"), [(1, 1), (7, 2000), (360, 640), (2160, 3840)])
def test_images_of_any_size_are_accepted(height: int, width: int) -> None:
    image = blank(height, width)
    one = track(1, 0, 0, width / 2, height / 2)
    assert annotate(image, view(image, (one,), _1=State.NAMED)).shape == (height, width, 3)


def test_other_shapes_and_dtypes_are_refused() -> None:
    grey = np.zeros((4, 4), np.uint8)
    with pytest.raises(ValueError, match=r"image: expected uint8 \(H, W, 3\), got uint8 \(4, 4\)"):
        annotate(grey, view(blank()))
    with pytest.raises(ValueError, match="float32"):
        annotate(np.zeros((4, 4, 3), np.float32), view(blank()))  # type: ignore[arg-type]


def test_a_label_shows_name_score_track_and_size() -> None:
    one = track(7, 0, 0, 10, 14)
    assert label_text(one, decision(State.NAMED)) == "Ada 0.71 #7 14px"
    assert label_text(one, decision(State.CANDIDATE)) == "Ada? p 0.0042 #7 14px"
    assert label_text(one, decision(State.AMBIGUOUS)) == "Ada or other? 0.71 #7 14px"
    assert label_text(one, decision(State.UNKNOWN)) == "#7 14px"
    assert label_text(one, None) == "#7 14px"


def test_an_enlarged_frame_has_enlarged_boxes_and_sizes_of_the_frame() -> None:
    image = blank()
    result = view(image, (track(1, 300, 200, 316, 216),), _1=State.NAMED)
    large = blank(720, 1280)
    drawn = annotate(large, result, scale=2, text_px=22)
    assert changed(large, drawn)[396:436, 596:636].any()
    own_scale = view(large, (track(1, 600, 400, 632, 432),), _1=State.NAMED)
    assert (annotate(large, own_scale, text_px=22) != drawn).any()  # "32px" instead of "16px"
    assert (annotate(large, result, scale=2, text_px=11) != drawn).any()
    assert result.tracks[0].face_px == 16
