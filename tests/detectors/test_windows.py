"""Windows of a picture: faces come back in its pixels, cut ones do not, and the edge of the picture is no cut."""

import numpy as np
import pytest

from detectors.arrays import Image
from detectors.base import Detections, Window
from detectors.windows import concatenate, search_windows


class Bright:
    """Finds the bounding box of what is bright in a picture, if anything; landmarks at its middle."""

    name = "bright"

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def detect(self, image: Image) -> Detections:
        self.shapes.append(image.shape)
        rows, columns = np.nonzero(image[..., 0] > 100)
        if not len(rows):
            return Detections.empty()
        box = np.array([[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]], np.float32)
        middle = np.tile((box[:, :2] + box[:, 2:]) / 2, (5, 1))[None]
        return Detections(box, np.array([0.9], np.float32), np.asarray(middle, np.float32))


def picture(*boxes: tuple[int, int, int, int]) -> Image:
    image = np.zeros((240, 320, 3), np.uint8)
    for x1, y1, x2, y2 in boxes:
        image[y1:y2, x1:x2] = 255
    return image


def test_boxes_and_landmarks_are_in_the_pictures_pixels() -> None:
    found = search_windows(Bright(), picture((100, 50, 120, 74)), [Window(64, 32, 96, 96)])
    assert found.boxes.tolist() == [[100, 50, 120, 74]]
    assert found.landmarks is not None
    assert found.landmarks[0, 0].tolist() == [110, 62]


def test_no_windows_are_no_faces() -> None:
    assert len(search_windows(Bright(), picture((100, 50, 120, 74)), [])) == 0


def test_a_face_seen_by_two_windows_is_one() -> None:
    found = search_windows(Bright(), picture((100, 50, 120, 74)), [Window(64, 32, 96, 96), Window(80, 24, 96, 96)])
    assert len(found) == 1


def test_a_face_cut_by_a_window_is_left_to_others() -> None:
    assert len(search_windows(Bright(), picture((100, 50, 120, 74)), [Window(10, 32, 96, 96)])) == 0


@pytest.mark.parametrize(
    ("box", "window"),
    [
        ((0, 0, 20, 24), Window(0, 0, 96, 96)),
        ((300, 216, 320, 240), Window(224, 144, 96, 96)),
        ((300, 216, 320, 240), Window(256, 192, 96, 96)),
    ],
    ids=["upper left", "lower right", "reaching over the edge"],
)
def test_a_face_cut_by_the_picture_itself_stays(box: tuple[int, int, int, int], window: Window) -> None:
    found = search_windows(Bright(), picture(box), [window])
    assert found.boxes.tolist() == [list(box)]


def test_a_window_beyond_the_picture_shows_nothing() -> None:
    assert len(search_windows(Bright(), picture(), [Window(400, 400, 96, 96)])) == 0


@pytest.mark.parametrize("pixels", [48, 192])
def test_a_window_may_be_shrunk_or_enlarged(pixels: int) -> None:
    detector = Bright()
    found = search_windows(detector, picture((100, 50, 120, 74)), [Window(64, 32, 96, pixels)])
    assert detector.shapes == [(pixels, pixels, 3)]
    np.testing.assert_allclose(found.boxes, [[100, 50, 120, 74]], atol=1.1)


def test_faces_without_landmarks_join_without() -> None:
    with_points = Detections.empty()
    assert concatenate([with_points, Detections.empty(landmarks=False)]).landmarks is None
