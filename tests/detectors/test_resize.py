"""Detection in a resized copy; boxes are in pixels of the original picture."""

from pathlib import Path

import numpy as np
import pytest

from detectors.arrays import Image
from detectors.base import Detections
from detectors.resize import ResizedDetector
from detectors.yunet import YuNetDetector
from tests.synthetic.networks import face_landmarks, paint_person, write_detector


class WholePictureDetector:
    """Finds one face that covers the whole picture."""

    name = "whole"

    def detect(self, image: Image) -> Detections:
        height, width = image.shape[:2]
        self.shape = (height, width)
        points = np.full((1, 5, 2), [width, height], np.float32)
        return Detections(np.array([[0, 0, width, height]], np.float32), np.ones(1, np.float32), points)


@pytest.mark.parametrize("shape", [(100, 200), (333, 177), (90, 2000), (2160, 3840)])
@pytest.mark.parametrize("long_side", [64, 640])
def test_boxes_are_mapped_to_the_original_picture(shape: tuple[int, int], long_side: int) -> None:
    inner = WholePictureDetector()
    found = ResizedDetector(inner, long_side).detect(np.zeros((*shape, 3), np.uint8))
    assert max(inner.shape) == long_side
    np.testing.assert_allclose(found.boxes, [[0, 0, shape[1], shape[0]]], rtol=1e-5)
    assert found.landmarks is not None
    np.testing.assert_allclose(found.landmarks[0, 0], [shape[1], shape[0]], rtol=1e-5)


@pytest.mark.parametrize(("size", "long_side"), [(20, 640), (60, 160)])
def test_painted_faces_are_found_in_larger_and_smaller_copies(tmp_path: Path, size: int, long_side: int) -> None:
    painted = YuNetDetector(write_detector(tmp_path / "painted.onnx"))
    image = np.full((201, 321, 3), 70, np.uint8)
    box = (101.0, 53.0, 101.0 + size, 53.0 + size)
    paint_person(image, 3, box)
    found = ResizedDetector(painted, long_side).detect(image)
    assert len(found) == 1
    np.testing.assert_allclose(found.boxes[0], box, atol=2)
    assert found.landmarks is not None
    np.testing.assert_allclose(found.landmarks[0], face_landmarks(box), atol=2)


def test_a_picture_of_the_right_size_is_not_resampled() -> None:
    image = np.zeros((100, 200, 3), np.uint8)

    class ExpectSamePicture(WholePictureDetector):
        def detect(self, received: Image) -> Detections:
            assert received is image
            return super().detect(received)

    ResizedDetector(ExpectSamePicture(), 200).detect(image)


def test_invalid_settings_and_pictures_are_refused() -> None:
    with pytest.raises(ValueError, match="long_side: expected 32 or more pixels, got 8"):
        ResizedDetector(WholePictureDetector(), 8)
    with pytest.raises(ValueError, match="image: expected BGR uint8"):
        ResizedDetector(WholePictureDetector(), 64).detect(np.zeros((0, 0), np.uint8))
