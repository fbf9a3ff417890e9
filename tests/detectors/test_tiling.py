"""Detection in tiles: coverage, and faces across the borders of tiles."""

import numpy as np
import pytest

from detectors.arrays import Image
from detectors.base import Detections
from detectors.tiling import TiledDetector
from detectors.yunet import YuNetDetector
from tests.synthetic.networks import PEOPLE, face_landmarks, paint_person, write_detector


@pytest.fixture(scope="module")
def painted(tmp_path_factory: pytest.TempPathFactory) -> YuNetDetector:
    return YuNetDetector(write_detector(tmp_path_factory.mktemp("nets") / "painted.onnx"))


class RecordingDetector:
    """Returns a fixed answer and records the shapes of its input."""

    name = "recording"

    def __init__(self, answer: Detections | None = None) -> None:
        self.shapes: list[tuple[int, ...]] = []
        self.answer = answer or Detections.empty()

    def detect(self, image: Image) -> Detections:
        self.shapes.append(image.shape[:2])
        return self.answer


@pytest.mark.parametrize("shape", [(360, 640), (128, 640), (1080, 1920), (161, 129)])
def test_tiles_of_one_shape_cover_the_picture(shape: tuple[int, int]) -> None:
    covered = np.zeros(shape, np.int64)
    image = np.zeros((*shape, 3), np.uint8)

    class CoverageDetector(RecordingDetector):
        def detect(self, window: Image) -> Detections:
            if window.base is image:
                y, x = divmod((window.ctypes.data - image.ctypes.data) // 3, shape[1])
                covered[y : y + window.shape[0], x : x + window.shape[1]] += 1
                self.shapes.append(window.shape[:2])
            return Detections.empty()

    inner = CoverageDetector()
    TiledDetector(inner, 128).detect(image)
    assert covered.min() >= 1
    assert set(inner.shapes) == {(min(128, shape[0]), min(128, shape[1]))}


def test_a_picture_smaller_than_a_tile_is_searched_once() -> None:
    inner = RecordingDetector()
    TiledDetector(inner, 128).detect(np.zeros((100, 128, 3), np.uint8))
    assert inner.shapes == [(100, 128)]


@pytest.mark.parametrize("offset", range(0, 128, 8))
def test_a_face_across_any_border_is_found_once_and_whole(painted: YuNetDetector, offset: int) -> None:
    image = np.full((200, 400, 3), 70, np.uint8)
    box = (100.0 + offset, 80.0 + offset / 4, 124.0 + offset, 104.0 + offset / 4)
    paint_person(image, 3, box)
    found = TiledDetector(painted, 128).detect(image)
    assert len(found) == 1
    np.testing.assert_allclose(found.boxes[0], box, atol=1)
    assert found.landmarks is not None
    np.testing.assert_allclose(found.landmarks[0], face_landmarks(box), atol=1)


def test_a_face_larger_than_the_overlap_is_found_whole(painted: YuNetDetector) -> None:
    image = np.full((256, 256, 3), 70, np.uint8)
    box = (90.0, 90.0, 170.0, 170.0)
    paint_person(image, 4, box)
    found = TiledDetector(painted, 128).detect(image)
    assert len(found) == 1
    np.testing.assert_allclose(found.boxes[0], box, atol=3)


def test_tiles_find_the_same_faces_as_the_whole_picture(painted: YuNetDetector) -> None:
    image = np.full((400, 700, 3), 70, np.uint8)
    for number, (y, x) in enumerate((y, x) for y in range(5, 380, 40) for x in range(5, 670, 40)):
        paint_person(image, number % PEOPLE, (x, y, x + 20, y + 20))
    whole, tiled = painted.detect(image), TiledDetector(painted, 160).detect(image)
    assert len(tiled) == len(whole) == 170
    assert (np.diff(tiled.scores) <= 0).all()
    order = [np.lexsort(np.round(found.boxes / 10).T) for found in (whole, tiled)]
    np.testing.assert_allclose(tiled.boxes[order[1]], whole.boxes[order[0]], atol=1)


def test_a_detector_without_landmarks_gives_none() -> None:
    answer = Detections(np.array([[50, 50, 60, 60]], np.float32), np.array([0.5], np.float32))
    found = TiledDetector(RecordingDetector(answer), 128).detect(np.zeros((128, 200, 3), np.uint8))
    assert found.landmarks is None
    assert len(found) == 2  # one from each tile; the face in the overview is too small to be trusted


def test_tiny_tiles_and_invalid_pictures_are_refused() -> None:
    with pytest.raises(ValueError, match="tile: expected 64 or more pixels, got 32"):
        TiledDetector(RecordingDetector(), 32)
    with pytest.raises(ValueError, match="image: expected BGR uint8"):
        TiledDetector(RecordingDetector(), 64).detect(np.zeros((100, 100), np.uint8))


def test_a_part_of_a_face_is_dropped() -> None:
    boxes = np.array([[50, 50, 110, 110], [70, 70, 90, 90]], np.float32)
    answer = Detections(boxes, np.array([0.5, 0.5], np.float32))
    found = TiledDetector(RecordingDetector(answer), 256).detect(np.zeros((256, 400, 3), np.uint8))
    assert (found.boxes[:, 3] - found.boxes[:, 1]).min() == 60
