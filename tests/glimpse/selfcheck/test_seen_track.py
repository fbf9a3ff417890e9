"""What a sample event holds becomes a crop and a unit vector, or None where it is damaged."""

import cv2
import numpy as np
import pytest

from glimpse.selfcheck.seen_track import decode_crop, unit_vector


def jpeg(height: int, width: int, channels: int = 3) -> bytes:
    picture = np.random.default_rng(0).integers(0, 255, (height, width, channels)).astype(np.uint8)
    return bytes(cv2.imencode(".png", picture)[1])


def halves(*values: float) -> bytes:
    return np.array(values, "<f2").tobytes()


def test_a_square_picture_is_a_crop_in_colour_even_where_it_was_kept_grey() -> None:
    for channels in (1, 3):
        crop = decode_crop(jpeg(16, 16, channels))
        assert crop is not None
        assert (crop.shape, crop.dtype) == ((16, 16, 3), np.uint8)


@pytest.mark.parametrize("data", [b"", b"no picture", jpeg(16, 17), jpeg(17, 16), jpeg(16, 16)[:40]])
def test_what_is_no_square_picture_is_none(data: bytes) -> None:
    assert decode_crop(data) is None


def test_a_template_gets_length_one() -> None:
    vector = unit_vector(halves(3, 4))
    assert vector is not None
    assert vector.dtype == np.float32
    np.testing.assert_allclose(vector, [0.6, 0.8], rtol=1e-6)


def test_the_largest_halves_do_not_overflow() -> None:
    vector = unit_vector(halves(*[65504.0] * 512))
    assert vector is not None
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(
    "data", [b"", halves(1)[:1], halves(0, 0), halves(float("nan"), 1), halves(float("inf"), 1), halves(3, 4)[:3]]
)
def test_a_template_without_a_direction_is_none(data: bytes) -> None:
    assert unit_vector(data) is None
