"""Which box of a photograph is the face to enrol, and why there is none or more than one."""

import msgspec
import numpy as np
import pytest

from detectors.arrays import Chips, Float32, Image
from detectors.base import Detections
from recognizer.base import Readings
from recognizer.calibration import RATES, Band, Calibration
from recognizer.chips import box_landmarks
from recognizer.gallery.only_face import FaceChoice, OnlyFace, RefusedError
from recognizer.lengths import LengthBand
from recognizer.spec import ChipSpec

PICTURE = np.zeros((300, 300, 3), np.uint8)
BAND = Band(px=64, looks=1, mean=0, std=0.1, tail=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6))
CALIBRATION = Calibration(
    model_id="m",
    command="",
    data="",
    date="",
    rates=RATES,
    bands=(BAND,),
    lengths=(LengthBand(px=64, least=1.0, typical=1.5),),
)
FILLED_SIDE = 128  # of the last look: the picture at 64 px and its rim
ADA = (40.0, 60.0, 100.0, 120.0)
BOB = (150.0, 60.0, 200.0, 110.0)


class Scripted:
    """Finds these boxes with these scores; the recogniser reads their features this long, in their order."""

    name, model_id, dim, weights = "scripted", "m", 2, ""

    def __init__(self, *rows: tuple[tuple[float, float, float, float], float, float], points: bool = True) -> None:
        self.boxes = np.array([row[0] for row in rows], np.float32).reshape(-1, 4)
        self.scores = np.array([row[1] for row in rows], np.float32)
        self.lengths = [row[2] for row in rows]
        self.points = points
        self._asked = 0

    def detect(self, image: Image) -> Detections:
        landmarks = np.stack([box_landmarks(box) for box in self.boxes]) if len(self.boxes) else np.zeros((0, 5, 2))
        self._asked = 0
        if len(image) == FILLED_SIDE:  # nothing fills the picture
            return Detections(self.boxes[:0], self.scores[:0], landmarks[:0].astype(np.float32))
        return Detections(self.boxes, self.scores, landmarks.astype(np.float32) if self.points else None)

    def spec_for(self, face_px: float) -> ChipSpec:
        return ChipSpec(size=32)

    def embed(self, chips: Chips) -> Float32:
        return np.ones((len(chips), 2), np.float32)

    def read(self, chips: Chips) -> Readings:
        self._asked += 1
        return Readings(self.embed(chips), np.array([self.lengths[self._asked - 1]], np.float32))


def choose(scripted: Scripted, *, min_length: float | None = None) -> OnlyFace:
    return FaceChoice(scripted, scripted, CALIBRATION, 0.6, min_length).choose(PICTURE)


def reason(scripted: Scripted, *, min_length: float | None = None) -> str:
    with pytest.raises(RefusedError) as refused:
        choose(scripted, min_length=min_length)
    return str(refused.value)


def test_the_face_comes_with_its_box_score_and_landmarks() -> None:
    face = choose(Scripted((ADA, 0.9, 1.2)))
    assert (face.box.tolist(), face.score, face.px) == (list(ADA), pytest.approx(0.9), 60)
    assert face.landmarks is not None


@pytest.mark.parametrize("length", [0.86, 1.0, 2.0])
def test_a_person_turned_away_or_out_of_focus_is_not_overlooked(length: float) -> None:
    """Otherwise the bystander would be enrolled under the name of the person."""
    blurred = ((20.0, 20.0, 110.0, 110.0), 0.85, length)
    assert reason(Scripted(blurred, (BOB, 0.75, 1.3))) == "two faces: ambiguous, crop the picture to one"


@pytest.mark.parametrize(("score", "length"), [(0.95, 0.8), (0.55, 0.99)])
def test_what_is_no_face_to_the_recogniser_is_no_second_person(score: float, length: float) -> None:
    assert choose(Scripted((ADA, 0.9, 1.2), (BOB, score, length))).box.tolist() == list(ADA)


@pytest.mark.parametrize(
    ("other", "is_second"),
    [
        ((45.0, 80.0, 95.0, 130.0), False),  # half of the face
        ((30.0, 40.0, 110.0, 130.0), False),  # around it
        ((90.0, 60.0, 150.0, 120.0), True),  # head beside head
        ((110.0, 60.0, 125.0, 75.0), False),  # a third of its height and less: far behind
    ],
)
def test_only_a_box_on_another_head_is_a_second_person(
    other: tuple[float, float, float, float], is_second: bool
) -> None:
    scripted = Scripted((ADA, 0.95, 1.2), (other, 0.9, 1.2))
    if is_second:
        assert "two faces" in reason(scripted)
    else:
        choose(scripted)


def test_three_people_are_counted() -> None:
    far = (220.0, 60.0, 270.0, 110.0)
    assert reason(Scripted((ADA, 0.9, 1.2), (BOB, 0.9, 1.2), (far, 0.9, 1.2))).startswith("3 faces: ambiguous")


def test_the_reason_is_that_of_the_best_box() -> None:
    assert reason(Scripted()) == "no face"
    assert reason(Scripted((BOB, 0.45, 1.2))) == "no face: best score 0.45, at least 0.6 needed (--min-score)"
    text = reason(Scripted((BOB, 0.45, 1.2), (ADA, 0.95, 0.7)))
    assert text.startswith("hardly a face: feature length 0.70, at least 1.00 needed at 60 px;")


@pytest.mark.parametrize("points", [True, False])
def test_the_limit_of_lengths_holds_with_and_without_landmarks(points: bool) -> None:
    assert "hardly a face" in reason(Scripted((ADA, 0.9, 1.2), points=points), min_length=5.0)
    assert choose(Scripted((ADA, 0.9, 0.1), points=points), min_length=0.0).px == 60


def test_a_recogniser_without_lengths_doubts_nothing() -> None:
    assert choose(Scripted((ADA, 0.9, float("nan")))).px == 60


class SizeDependent(Scripted):
    """Finds an eye beside the face, unless the face is small; notes the sides of the pictures it sees."""

    def __init__(self) -> None:
        super().__init__((ADA, 0.9, 1.2))
        self.sides: list[int] = []

    def detect(self, image: Image) -> Detections:
        side = len(image)
        self.sides.append(side)
        scale = side / 600
        boxes = [(100.0, 100.0, 300.0, 340.0), (310.0, 150.0, 410.0, 250.0)][: 2 if scale > 0.5 else 1]
        self.boxes = np.array(boxes, np.float32) * np.float32(scale)
        self.scores = np.full(len(boxes), 0.9, np.float32)
        self.lengths = [1.2] * len(boxes)
        return super().detect(image)


def test_a_large_face_is_looked_at_again_where_its_parts_are_no_faces() -> None:
    detector = SizeDependent()
    face = FaceChoice(detector, detector, CALIBRATION, 0.6).choose(np.zeros((600, 600, 3), np.uint8))
    assert detector.sides == [600, 140]  # 240 px high, then 56
    assert face.box.tolist() == pytest.approx([100, 100, 300, 340], abs=2)


class Filled(Scripted):
    """Finds the face only where the picture is reduced to 64 px; there it has this height."""

    def __init__(self, height: float) -> None:
        super().__init__(((32.0, 32.0, 32.0 + height, 32.0 + height), 0.9, 1.2))

    def detect(self, image: Image) -> Detections:
        if len(image) != FILLED_SIDE:
            return Detections(self.boxes[:0], self.scores[:0], None)
        return Detections(self.boxes, self.scores, None)


def test_a_face_that_fills_a_picture_of_any_size_is_found_in_a_small_copy() -> None:
    for side in (112, 672, 4000):
        detector = Filled(height=60)
        face = FaceChoice(detector, detector, CALIBRATION, 0.6).choose(np.zeros((side, side, 3), np.uint8))
        assert face.box.tolist() == pytest.approx([0, 0, 60 * side / 64, 60 * side / 64], rel=0.01)


def test_what_is_found_only_in_a_small_copy_must_fill_the_picture() -> None:
    """A patch of leaves or lamps looks like a face at 16 px."""
    assert reason(Filled(height=30)) == "no face"


def test_a_refusal_tells_which_faces_were_found() -> None:
    with pytest.raises(RefusedError) as refused:
        choose(Scripted((ADA, 0.9, 1.2), (BOB, 0.9, 1.2)))
    assert refused.value.boxes.tolist() == [list(ADA), list(BOB)]


def test_a_weak_box_that_reaches_into_the_face_is_its_chin_or_collar() -> None:
    collar = (55.0, 108.0, 85.0, 148.0)  # as Edda's: three tenths of it are inside of the face
    assert choose(Scripted((ADA, 0.82, 1.2), (collar, 0.45, 1.2))).box.tolist() == list(ADA)
    assert "two faces" in reason(Scripted((ADA, 0.82, 1.2), (collar, 0.75, 1.2)))


def test_clarity_compares_the_lengths_of_faces_of_one_size() -> None:
    """Features of small faces are longer: a small wrong box must not turn a portrait on its head."""
    bands = (LengthBand(px=40, least=3.0, typical=3.5), LengthBand(px=100, least=1.5, typical=2.0))
    calibration = msgspec.structs.replace(CALIBRATION, lengths=bands)
    small, large = (40.0, 40.0, 80.0, 80.0), (40.0, 40.0, 140.0, 140.0)
    as_stored, turned = Scripted((large, 0.8, 2.2)), Scripted((small, 0.65, 3.1))
    clarity = [FaceChoice(one, one, calibration, 0.6).clearest(PICTURE).value for one in (as_stored, turned)]
    assert clarity == pytest.approx([0.8 * 2.2 / 1.5, 0.65 * 3.1 / 3.0], rel=1e-3)
