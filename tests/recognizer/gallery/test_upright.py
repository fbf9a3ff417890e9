"""A photograph is turned only to a face that can be enrolled; otherwise it is judged as it lies."""

from pathlib import Path

import numpy as np
import pytest

from detectors.arrays import Chips, Float32, Image
from detectors.base import Detections
from detectors.load import load_detector
from detectors.pictures import read_picture
from detectors.runtime import Runtime
from recognizer.base import Readings
from recognizer.gallery.only_face import FaceChoice, RefusedError
from recognizer.gallery.upright import find_upright
from recognizer.load import load_recognizer, open_scoring
from recognizer.spec import ChipSpec
from tests.recognizer.gallery.test_only_face import ADA, BOB, CALIBRATION

FACES = Path(__file__).parents[3] / "docs" / "faces"
Box = tuple[tuple[float, float, float, float], float]


def marked_picture() -> Image:
    """A picture whose white corner says how it is turned."""
    picture = np.zeros((300, 300, 3), np.uint8)
    picture[:20, :20] = 255
    return picture


def turns_of(image: Image) -> int:
    """How often the picture was turned, by its white corner: 0..3 quarters counter-clockwise."""
    corners = [image[3, 3], image[-4, 3], image[-4, -4], image[3, -4]]
    return int(np.argmax([corner.mean() for corner in corners]))


class ByTurn:
    """Finds other boxes in each of the four ways to hold the picture; every feature is as long as its box's score."""

    name, model_id, dim, weights = "by turn", "m", 2, ""

    def __init__(self, *found: list[Box]) -> None:
        self.found = found

    def detect(self, image: Image) -> Detections:
        found = self.found[turns_of(image)]
        scale = len(image) / 300
        boxes = np.array([box for box, _ in found], np.float32).reshape(-1, 4) * scale
        return Detections(boxes, np.array([score for _, score in found], np.float32), None)

    def spec_for(self, face_px: float) -> ChipSpec:
        return ChipSpec(size=32)

    def embed(self, chips: Chips) -> Float32:
        return np.ones((len(chips), 2), np.float32)

    def read(self, chips: Chips) -> Readings:
        return Readings(self.embed(chips), np.full(len(chips), 1.2, np.float32))


def choice_of(*found: list[Box]) -> FaceChoice:
    models = ByTurn(*found)
    return FaceChoice(models, models, CALIBRATION, 0.6)


def test_the_clearest_way_to_hold_it_is_taken() -> None:
    picture, turned, face = find_upright(marked_picture(), choice_of([(ADA, 0.6)], [], [(BOB, 0.9)], []))
    assert (turns_of(picture), turned, face.score) == (2, 180, pytest.approx(0.9))


def test_a_little_clearer_is_not_enough() -> None:
    assert find_upright(marked_picture(), choice_of([(ADA, 0.85)], [(BOB, 0.9)], [], []))[1] == 0


@pytest.mark.parametrize("side", [1, 2, 3])
@pytest.mark.parametrize("others", [[(ADA, 0.8), (BOB, 0.8)], [(ADA, 0.58)]])
def test_a_refused_photograph_gets_the_reason_of_how_it_lies(side: int, others: list[Box]) -> None:
    found: list[list[Box]] = [[(ADA, 0.45)], [], [], []]
    found[side] = others
    with pytest.raises(RefusedError, match=r"no face: best score 0\.45"):
        find_upright(marked_picture(), choice_of(*found))


def test_a_second_person_who_is_seen_in_the_clearest_copy_alone_counts() -> None:
    with pytest.raises(RefusedError, match="two faces"):
        find_upright(marked_picture(), choice_of([(ADA, 0.7)], [(ADA, 0.9), (BOB, 0.9)], [], []))


SPECK = (200.0, 200.0, 215.0, 215.0)  # a quarter of Ada's height


def test_a_speck_that_is_clearer_in_a_turned_copy_does_not_decide() -> None:
    assert find_upright(marked_picture(), choice_of([(ADA, 0.7)], [(SPECK, 0.95)], [], []))[1] == 0


def test_a_speck_beside_a_face_in_a_turned_copy_leaves_the_face_to_decide() -> None:
    assert find_upright(marked_picture(), choice_of([(ADA, 0.6)], [], [(BOB, 0.9), (SPECK, 0.95)], []))[1] == 180


def test_a_small_face_decides_where_nothing_is_clear_as_the_picture_lies() -> None:
    assert find_upright(marked_picture(), choice_of([(ADA, 0.45)], [(SPECK, 0.9)], [], []))[1] == 90


def test_without_any_face_there_is_none() -> None:
    with pytest.raises(RefusedError, match=r"^no face$"):
        find_upright(marked_picture(), choice_of([], [], [], []))


@pytest.fixture(scope="module")
def shipped() -> FaceChoice:
    recognizer = load_recognizer("embedded", runtime=Runtime())
    calibration = open_scoring(recognizer, model="embedded").calibration
    return FaceChoice(load_detector("embedded", runtime=Runtime(), every_size=True), recognizer, calibration, 0.6)


@pytest.mark.parametrize("portrait", ["Ada", "Cleo", "Finn"])
@pytest.mark.parametrize("quarter", [0, 1, 2, 3])
def test_a_real_portrait_ends_upright_however_it_lies(portrait: str, quarter: int, shipped: FaceChoice) -> None:
    """Finn stood on his head: a small wrong box was read by another member of the family, whose lengths are greater."""
    picture = np.ascontiguousarray(np.rot90(read_picture(FACES / f"{portrait}.jpg"), quarter))
    assert find_upright(picture, shipped)[1] == (360 - 90 * quarter) % 360
