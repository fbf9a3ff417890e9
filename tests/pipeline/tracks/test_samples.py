"""Crops are small JPEGs, whatever the chip."""

import cv2
import numpy as np
import pytest

from pipeline.tracks.samples import MAX_BYTES, encode_crop


@pytest.mark.parametrize("side", [16, 112, 128, 300])
def test_a_crop_is_a_jpeg_within_the_limits(side: int) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    data = encode_crop(noise)
    assert len(data) <= MAX_BYTES
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape == (min(side, 128), min(side, 128), 3)
