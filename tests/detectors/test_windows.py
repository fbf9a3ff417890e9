"""Search in windows of a picture: coordinates, duplicates, and faces at the edge of a window or of the picture."""

import numpy as np
import pytest

from detectors.arrays import Image
from detectors.base import Detections, Window
from detectors.windows import concatenate, search_windows


class BrightBoxDetector:
    """Finds the bounding box of all bright pixels; all five landmarks are its centre."""

    name = "bright"

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def detect(self, image: Image) -> Detections:
        self.shapes.append(image.shape)
        rows, columns = np.nonzero(image[..., 0] > 100)
        if not len(rows):
            return Detections.empty()
        box = np.array([[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]], np.float32)
        centre = np.tile((box[:, :2] + box[:, 2:]) / 2, (5, 1))[None]
        return Detections(box, np.array([0.9], np.float32), np.asarray(centre, np.float32))


def draw_boxes(*boxes: tuple[int, int, int, int]) -> Image:
    image = np.zeros((240, 320, 3), np.uint8)
    for x1, y1, x2, y2 in boxes:
        image[y1:y2, x1:x2] = 255
    return image


def test_boxes_and_landmarks_are_in_pixels_of_the_picture() -> None:
    found = search_windows(BrightBoxDetector(), draw_boxes((100, 50, 120, 74)), [Window(64, 32, 96, 96)])
    assert found.boxes.tolist() == [[100, 50, 120, 74]]
    assert found.landmarks is not None
    assert found.landmarks[0, 0].tolist() == [110, 62]


def test_without_windows_no_face_is_found() -> None:
    assert len(search_windows(BrightBoxDetector(), draw_boxes((100, 50, 120, 74)), [])) == 0


def test_a_face_in_two_windows_is_returned_once() -> None:
    found = search_windows(
        BrightBoxDetector(), draw_boxes((100, 50, 120, 74)), [Window(64, 32, 96, 96), Window(80, 24, 96, 96)]
    )
    assert len(found) == 1


def test_a_face_cut_by_a_window_is_dropped() -> None:
    assert len(search_windows(BrightBoxDetector(), draw_boxes((100, 50, 120, 74)), [Window(10, 32, 96, 96)])) == 0


@pytest.mark.parametrize(
    ("box", "window"),
    [
        ((0, 0, 20, 24), Window(0, 0, 96, 96)),
        ((300, 216, 320, 240), Window(224, 144, 96, 96)),
        ((300, 216, 320, 240), Window(256, 192, 96, 96)),
    ],
    ids=["upper left", "lower right", "reaching over the edge"],
)
def test_a_face_at_the_edge_of_the_picture_is_kept(box: tuple[int, int, int, int], window: Window) -> None:
    found = search_windows(BrightBoxDetector(), draw_boxes(box), [window])
    assert found.boxes.tolist() == [list(box)]


def test_a_window_outside_the_picture_has_no_faces() -> None:
    assert len(search_windows(BrightBoxDetector(), draw_boxes(), [Window(400, 400, 96, 96)])) == 0


@pytest.mark.parametrize("pixels", [48, 192])
def test_a_window_may_be_shrunk_or_enlarged(pixels: int) -> None:
    detector = BrightBoxDetector()
    found = search_windows(detector, draw_boxes((100, 50, 120, 74)), [Window(64, 32, 96, pixels)])
    assert detector.shapes == [(pixels, pixels, 3)]
    np.testing.assert_allclose(found.boxes, [[100, 50, 120, 74]], atol=1.1)


def test_landmarks_are_dropped_when_one_part_has_none() -> None:
    with_landmarks = Detections.empty()
    assert concatenate([with_landmarks, Detections.empty(landmarks=False)]).landmarks is None


def test_a_part_of_a_face_in_another_window_is_dropped() -> None:
    image = draw_boxes((40, 40, 120, 120))
    windows = [Window(0, 0, 200, 200), Window(60, 60, 40, 40)]
    found = search_windows(ScaledBoxDetector(), image, windows)
    assert found.boxes.tolist() == [[40, 40, 120, 120]]


class ScaledBoxDetector(BrightBoxDetector):
    """Finds all of a large picture's bright box, and of a small picture a box away from its borders."""

    def detect(self, image: Image) -> Detections:
        if image.shape[0] > 100:
            return super().detect(image)
        box = np.array([[10, 10, 30, 30]], np.float32)
        return Detections(box, np.array([0.9], np.float32), np.zeros((1, 5, 2), np.float32))
