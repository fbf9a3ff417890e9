"""Masks: black before anybody looks, and nothing else changes."""

from collections.abc import Sequence

import numpy as np
import pytest

from detectors.arrays import Image
from pipeline.capture.masks import MaskedPicture, blacken
from pipeline.settings.types import Polygon

LEFT_HALF: Polygon = ((0, 0), (0.5, 0), (0.5, 1), (0, 1))
CORNER: Polygon = ((1, 1), (0.9, 1), (1, 0.9))


class Lazy:
    """A live picture: colours when somebody looks, and its luma without converting."""

    size = (40, 20)

    def __init__(self) -> None:
        self.looks = 0

    @property
    def image(self) -> Image:
        self.looks += 1
        image = np.full((20, 40, 3), 200, np.uint8)
        image.flags.writeable = False
        return image

    @property
    def brightness(self) -> Image:
        return np.full((20, 40), 200, np.uint8)


@pytest.mark.parametrize("shape", [(20, 40, 3), (20, 40)])
def test_polygons_are_black_and_the_rest_stays(shape: Sequence[int]) -> None:
    image = np.full(shape, 200, np.uint8)
    masked = blacken(image, [LEFT_HALF, CORNER])
    assert not masked[:, :21].any()
    assert not masked[-1, -1].any()
    assert (masked[:15, 22:] == 200).all()
    assert (image == 200).all()


def test_the_whole_picture_may_be_masked() -> None:
    assert not blacken(np.full((7, 9, 3), 5, np.uint8), [((0, 0), (1, 0), (1, 1), (0, 1))]).any()


def test_a_live_picture_is_converted_once_and_only_when_somebody_looks() -> None:
    lazy = Lazy()
    masked = MaskedPicture(lazy, [LEFT_HALF])
    assert masked.size == (40, 20)
    assert not masked.brightness[:, :20].any()
    assert lazy.looks == 0
    assert masked.image is masked.image
    assert lazy.looks == 1
    assert not masked.image[:, :20].any()
    assert masked.image[0, 39, 0] == 200
    assert not masked.image.flags.writeable


def test_a_recorded_picture_is_masked_too() -> None:
    masked = MaskedPicture(np.full((20, 40, 3), 9, np.uint8), [LEFT_HALF])
    assert masked.size == (40, 20)
    assert not masked.brightness[:, :20].any()
