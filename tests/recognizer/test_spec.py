"""The specification of chips: what is refused, and where the landmarks lie."""

import msgspec
import numpy as np
import pytest

from recognizer.spec import ARCFACE_112, ChipSpec, aligned_landmarks, arcface_landmarks


def decode(text: str) -> ChipSpec:
    return msgspec.json.decode(text, type=ChipSpec)


@pytest.mark.parametrize(
    "fields",
    [
        "",
        '"size": 7',
        '"size": 513',
        '"size": 16, "colour": "BGR"',
        '"size": 16, "color": "rgb"',
        '"size": 16, "color": "GRAY"',
        '"size": 16, "std": [1, 0, 1]',
        '"size": 16, "std": [1, 1, -1]',
        '"size": 16, "mean": [1, 2]',
        '"size": 16, "landmarks": [[1, 2], [3, 4], [5, 6], [7, 8]]',
    ],
)
def test_other_specifications_are_refused(fields: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        decode(f"{{{fields}}}")


@pytest.mark.parametrize("size", [8, 512])
def test_the_smallest_and_largest_chip(size: int) -> None:
    assert decode(f'{{"size": {size}}}') == ChipSpec(size=size)


def test_own_landmarks_replace_the_arcface_template() -> None:
    points = tuple((float(x), float(x)) for x in range(5))
    assert ChipSpec(size=16, landmarks=points).template == points
    assert ChipSpec(size=16).template == arcface_landmarks(16)


def test_the_template_of_112_pixels_is_the_original() -> None:
    np.testing.assert_allclose(arcface_landmarks(112), ARCFACE_112, atol=1e-12)


def test_detectors_count_from_the_corner_of_the_first_pixel() -> None:
    np.testing.assert_allclose(aligned_landmarks(56), aligned_landmarks(112) / 2)
    np.testing.assert_allclose(aligned_landmarks(16) - 0.5, arcface_landmarks(16))


def test_the_template_scales_by_pixel_centres() -> None:
    small, large = np.array(arcface_landmarks(16)), np.array(arcface_landmarks(112))
    np.testing.assert_allclose((small + 0.5) / 16, (large + 0.5) / 112)
