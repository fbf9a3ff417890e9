"""Large faces are found in smaller copies of the picture."""

from pathlib import Path

import numpy as np
import pytest

from detectors.arrays import Image
from detectors.base import Detections
from detectors.load import load_detector
from detectors.pyramid import PyramidDetector
from detectors.runtime import Runtime
from tests.synthetic.networks import paint_person, write_detector


class ScriptedDetector:
    """Returns a fixed box and score for each longer side of a picture, and records the sides."""

    name = "scripted"

    def __init__(self, answers: dict[int, tuple[list[float], float]]) -> None:
        self.answers, self.sides = answers, list[int]()

    def detect(self, image: Image) -> Detections:
        side = max(image.shape[:2])
        self.sides.append(side)
        if side not in self.answers:
            return Detections.empty(landmarks=False)
        box, score = self.answers[side]
        return Detections(np.array([box], np.float32), np.array([score], np.float32))


def make_black(side: int) -> Image:
    return np.zeros((side, side, 3), np.uint8)


def test_smaller_copies_find_faces_that_are_too_large_for_the_detector(tmp_path: Path) -> None:
    image = np.full((640, 960, 3), 90, np.uint8)
    paint_person(image, 0, (100, 100, 124, 124))
    paint_person(image, 3, (400, 200, 640, 440))  # the painted detector sees 10 to 90 px
    small = load_detector(str(write_detector(tmp_path / "a.onnx")), runtime=Runtime())
    assert len(small.detect(image)) == 1
    found = PyramidDetector(small, 90).detect(image)
    order = np.argsort(found.boxes[:, 0])
    np.testing.assert_allclose(found.boxes[order], [[100, 100, 124, 124], [400, 200, 640, 440]], atol=10)


@pytest.mark.parametrize(
    ("side", "sides"),
    [
        (90, [90]),  # the detector finds every face that fits
        (127, [127]),  # a copy of 31 pixels holds nothing
        (128, [128, 32]),
        (511, [511, 127]),
        (1600, [1600, 400, 100]),
    ],
)
def test_no_copy_is_made_that_cannot_hold_a_larger_face(side: int, sides: list[int]) -> None:
    detector = ScriptedDetector({})
    assert len(PyramidDetector(detector, 90).detect(make_black(side))) == 0
    assert detector.sides == sides


@pytest.mark.parametrize(("height", "count"), [(10, 0), (12, 1)])
def test_a_copy_returns_only_faces_that_are_too_large_for_the_next_larger_copy(height: float, count: int) -> None:
    detector = ScriptedDetector({100: ([10, 10, 20, 10 + height], 0.9)})
    assert len(PyramidDetector(detector, 90).detect(make_black(400))) == count  # the limit is 90 / 4 / 2 = 11.25


def test_the_better_of_two_boxes_of_one_face_is_kept() -> None:
    detector = ScriptedDetector({400: ([100, 100, 200, 200], 0.6), 100: ([26, 25, 50, 50], 0.9)})
    found = PyramidDetector(detector, 90).detect(make_black(400))
    np.testing.assert_allclose(found.boxes, [[104, 100, 200, 200]])
    np.testing.assert_allclose(found.scores, [0.9])


@pytest.mark.parametrize(
    ("box", "score", "count"),
    [
        ([180, 160, 200, 180], 0.5, 1),  # an eye inside the large face
        ([180, 160, 200, 180], 0.99, 1),  # no score in one copy is that much surer than one in another
        ([290, 160, 310, 180], 0.5, 2),  # half of it lies outside
        ([286, 160, 306, 180], 0.5, 1),  # exactly 70 % lies inside
        ([120, 100, 200, 233], 0.5, 1),  # half a face
        ([120, 100, 200, 234], 0.5, 2),  # more than two thirds of its height
    ],
)
def test_a_box_of_a_part_of_a_large_face_is_dropped(box: list[float], score: float, count: int) -> None:
    detector = ScriptedDetector({400: (box, score), 100: ([25, 25, 75, 75], 0.9)})
    found = PyramidDetector(detector, 90).detect(make_black(400))
    assert len(found) == count
    assert [100, 100, 300, 300] in found.boxes.tolist()
