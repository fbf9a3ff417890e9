"""A face of a sub-stream is found again in the main stream, with a scripted search."""

from collections.abc import Sequence

import numpy as np
import pytest

from detectors.arrays import Image
from detectors.base import Detections, Window
from pipeline.tracks.close_up import WINDOW_PX, CloseUps
from pipeline.types import Frame, Track

SMALL = Frame("door", 0, 0.0, 0.0, 0.0, np.zeros((360, 640, 3), np.uint8))
LARGE = Frame("door", 0, 0.0, 0.0, 0.0, np.zeros((1080, 1920, 3), np.uint8))
FACE = Track("door", 3, np.array([100, 100, 116, 120], np.float32), 0.6, np.ones((5, 2), np.float32), 2.0)
THERE = (300.0, 300.0, 348.0, 360.0)  # the same face, three times as large


class Stream:
    def __init__(self, picture: Frame | None) -> None:
        self.picture = picture

    def nearest(self, frame: Frame) -> Frame | None:
        return self.picture


class Search:
    """Finds these boxes wherever it looks."""

    def __init__(self, *boxes: tuple[float, ...]) -> None:
        self.boxes, self.windows = np.array(boxes, np.float32).reshape(-1, 4), [Window(0, 0, 1, 1)]

    def __call__(self, image: Image, windows: Sequence[Window]) -> Detections:
        self.windows = list(windows)
        points = np.repeat(self.boxes[:, None, :2], 5, axis=1)
        return Detections(self.boxes, np.full(len(self.boxes), 0.9, np.float32), points)


def find(search: Search, face: Track = FACE, picture: Frame | None = LARGE) -> tuple[Track, Image] | None:
    return CloseUps({"door": Stream(picture)}, search).find(face, SMALL)


def test_the_face_is_given_in_the_pixels_of_the_main_stream() -> None:
    near = tuple(np.add(THERE, 20))
    found = find(Search(near, tuple(np.add(THERE, 50))))
    assert found is not None
    face, image = found
    np.testing.assert_allclose(face.box, near)
    assert face.landmarks is not None
    assert face.landmarks[0].tolist() == list(near[:2])
    assert (face.id, face.age, face.score, face.face_px) == (3, 2.0, pytest.approx(0.9), 60)
    assert image.shape == (1080, 1920, 3)


def test_the_search_covers_the_surroundings_of_the_face_in_one_small_window() -> None:
    search = Search(THERE)
    find(search)
    [window] = search.windows
    assert (window.x, window.y, window.side, window.pixels) == (204, 210, 240, 240)
    tall = Track("door", 3, np.array([100, 100, 300, 350], np.float32), 0.6, None, 2.0)
    find(search, tall)
    [window] = search.windows
    assert (window.side, window.pixels) == (1920, WINDOW_PX)
    assert (window.x, window.y) == (0, 0)


@pytest.mark.parametrize(
    "boxes",
    [
        pytest.param([], id="nothing"),
        pytest.param([tuple(np.add(THERE, 100))], id="too far away"),
        pytest.param([(320.0, 325.0, 330.0, 337.0)], id="too small"),
        pytest.param([(220.0, 200.0, 420.0, 450.0)], id="too large"),
    ],
)
def test_another_face_is_not_taken(boxes: list[tuple[float, ...]]) -> None:
    assert find(Search(*boxes)) is None


def test_without_a_picture_or_a_main_stream_there_is_none() -> None:
    assert find(Search(THERE), picture=None) is None
    assert CloseUps({}, Search(THERE)).find(FACE, SMALL) is None


@pytest.mark.parametrize("corner", [(0, 0), (620, 340)])
def test_windows_stay_within_the_picture(corner: tuple[int, int]) -> None:
    x, y = corner
    search = Search()
    find(search, Track("door", 3, np.array([x, y, x + 16, y + 20], np.float32), 0.6, None, 2.0))
    [window] = search.windows
    assert 0 <= window.x <= 1920 - window.side
    assert 0 <= window.y <= 1080 - window.side
