"""The pictures that are kept while a recording is judged: each face at its largest, each presence in its middle."""

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from detectors.arrays import Image
from detectors.base import Detections
from glimpse.evaluation.error_pictures import AROUND, FACE_SIDE_PX, SCENE_SIDE_PX, ErrorPictures
from glimpse.evaluation.truth import Presence
from pipeline.sink import FrameResult
from pipeline.types import Frame, Track


def shown(time: float, *boxes: Sequence[float], size: tuple[int, int] = (200, 100), grey: int = 100) -> FrameResult:
    """A plain frame with a track for each box, numbered from 0."""
    image = np.full((size[1], size[0], 3), grey, np.uint8)
    frame = Frame("c", 0, time, time, time, image)
    tracks = tuple(Track("c", number, np.float32(box), 0.9, None, 0.0) for number, box in enumerate(boxes))
    return FrameResult(frame, Detections.empty(), tracks, {})


def grey_of(data: bytes | None) -> float:
    return float(opened(data).mean())


def opened(data: bytes | None) -> Image:
    assert data is not None
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return np.asarray(picture, np.uint8)


def test_the_scene_is_that_of_the_middle_of_each_presence() -> None:
    pictures = ErrorPictures()
    see = pictures.watch(
        "a", [Presence("Ada", 2, 4, line=3), Presence("Ben", 0, 2, line=2), Presence("C", 8, 9, line=4)]
    )
    for time in range(6):
        see(shown(time, grey=40 * time + 10))
    assert grey_of(pictures.scene("a", 2)) == pytest.approx(50, abs=2)  # of second 1
    assert grey_of(pictures.scene("a", 3)) == pytest.approx(130, abs=2)  # of second 3
    assert pictures.scene("a", 4) is None
    assert pictures.scene("b", 2) is None


def test_two_presences_of_one_middle_get_the_same_frame() -> None:
    pictures = ErrorPictures()
    see = pictures.watch("a", [Presence("Ada", 0, 2, line=2), Presence("Ben", 0, 2, line=3)])
    see(shown(1.5))
    assert pictures.scene("a", 2) == pictures.scene("a", 3) is not None


def test_a_face_is_kept_again_where_it_is_clearly_larger() -> None:
    pictures = ErrorPictures()
    see = pictures.watch("a", [])
    for time, (height, grey) in enumerate([(20, 10), (24, 60), (25, 110), (31, 160), (10, 210)]):
        see(shown(time, (50, 50, 60, 50 + height), grey=grey))
    assert grey_of(pictures.face("a", 0)) == pytest.approx(110, abs=2)
    see(shown(9, (50, 50, 60, 81.25), grey=210))
    assert grey_of(pictures.face("a", 0)) == pytest.approx(210, abs=2)


def test_tracks_of_two_recordings_are_two() -> None:
    pictures = ErrorPictures()
    pictures.watch("a", [])(shown(0, (10, 10, 20, 20), grey=10))
    pictures.watch("b", [])(shown(0, (10, 10, 20, 20), grey=90))
    assert grey_of(pictures.face("a", 0)) < grey_of(pictures.face("b", 0))
    assert pictures.face("a", 1) is None


def test_a_face_has_its_own_size_around_it_and_is_made_as_large() -> None:
    image = np.zeros((200, 200, 3), np.uint8)
    image[90:110, 90:110] = 255
    pictures = ErrorPictures()
    frame = Frame("c", 0, 0.0, 0.0, 0.0, image)
    box = np.float32([90, 90, 110, 110])
    pictures.watch("a", [])(FrameResult(frame, Detections.empty(), (Track("c", 0, box, 1, None, 0),), {}))
    picture = opened(pictures.face("a", 0))
    assert picture.shape[:2] == (FACE_SIDE_PX, FACE_SIDE_PX)
    assert picture.mean() / 255 == pytest.approx(1 / (1 + 2 * AROUND) ** 2, abs=0.02)


@pytest.mark.parametrize(
    "box",
    [(-30, -30, 5, 5), (190, 90, 260, 160), (400, 400, 420, 420), (-90, 20, -60, 50), (0, 0, 200, 100), (5, 5, 5, 5)],
)
def test_a_box_at_or_beyond_the_edge_gives_a_picture(box: Sequence[float]) -> None:
    pictures = ErrorPictures()
    pictures.watch("a", [])(shown(0, box))
    assert max(opened(pictures.face("a", 0)).shape[:2]) == FACE_SIDE_PX


def test_a_large_scene_is_made_smaller_and_a_small_one_stays() -> None:
    pictures = ErrorPictures()
    pictures.watch("a", [Presence("A", 0, 0, line=1)])(shown(0, size=(1280, 10)))
    pictures.watch("b", [Presence("A", 0, 0, line=1)])(shown(0, size=(64, 48)))
    assert opened(pictures.scene("a", 1)).shape[:2] == (5, SCENE_SIDE_PX)
    assert opened(pictures.scene("b", 1)).shape[:2] == (48, 64)
