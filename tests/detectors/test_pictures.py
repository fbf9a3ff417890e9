"""Picture files: accepted suffixes, decoding, and refused bytes."""

import cv2
import numpy as np
import pytest

from detectors.pictures import PICTURE_SUFFIXES, decode_picture


@pytest.mark.parametrize("suffix", sorted(PICTURE_SUFFIXES - {".pgm"}))
def test_every_suffix_is_of_a_format_that_can_be_decoded(suffix: str) -> None:
    image = np.full((64, 96, 3), (200, 100, 30), np.uint8)
    decoded = decode_picture(cv2.imencode(suffix, image)[1].tobytes())
    assert decoded is not None
    assert decoded.shape == (64, 96, 3)
    np.testing.assert_allclose(decoded.mean(axis=(0, 1)), (200, 100, 30), atol=3)


def test_a_grey_picture_becomes_bgr() -> None:
    decoded = decode_picture(cv2.imencode(".png", np.full((5, 4), 7, np.uint8))[1].tobytes())
    assert decoded is not None
    np.testing.assert_array_equal(decoded, np.full((5, 4, 3), 7, np.uint8))


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n"])
def test_other_bytes_are_no_picture(data: bytes) -> None:
    assert decode_picture(data) is None
