"""Frames as JPEG files."""

import cv2
import numpy as np
import pytest

from pipeline.bus.preview.picture import to_jpeg


@pytest.mark.parametrize(
    ("size", "expected"),
    [((1080, 1920), (360, 640)), ((1920, 1080), (640, 360)), ((48, 64), (48, 64)), ((1, 5000), (1, 640))],
)
def test_the_longer_side_is_limited_and_nothing_is_enlarged(size: tuple[int, int], expected: tuple[int, int]) -> None:
    jpeg = to_jpeg(np.zeros((*size, 3), np.uint8), long_side=640)
    shown = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    assert shown.shape[:2] == expected


def test_no_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a picture, got one of 0x0"):
        to_jpeg(np.zeros((0, 0, 3), np.uint8), long_side=640)
