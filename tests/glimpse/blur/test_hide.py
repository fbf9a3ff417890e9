"""How a region of a picture becomes unrecognisable."""

import numpy as np
import pytest

from glimpse.blur.hide import CELLS, Style, hide


def noise() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8)


@pytest.mark.parametrize("style", ["mosaic", "black"])
def test_only_the_region_changes(style: Style) -> None:
    before = noise()
    image = before.copy()
    hide(image, np.array([[10, 20, 40, 50]], np.float32), style)
    changed = (image != before).any(axis=2)
    assert changed[20:50, 10:40].mean() > 0.9
    changed[20:50, 10:40] = False
    assert not changed.any()


def test_few_colours_remain_of_a_face() -> None:
    image = noise()
    hide(image, np.array([[10, 20, 40, 50]], np.float32), "mosaic")
    assert len(np.unique(image[20:50, 10:40].reshape(-1, 3), axis=0)) <= CELLS**2


def test_black_is_black() -> None:
    image = noise()
    hide(image, np.array([[10, 20, 40, 50]], np.float32), "black")
    assert not image[20:50, 10:40].any()


@pytest.mark.parametrize(
    "sides",
    [(-50, -50, -1, -1), (70, 50, 500, 500), (80, 60, 90, 70), (5, 5, 5, 5), (9, 9, 3, 3), (3.2, 3.2, 3.4, 3.4)],
)
@pytest.mark.parametrize("style", ["mosaic", "black"])
def test_regions_at_and_beyond_the_edge_are_no_error(sides: tuple[float, ...], style: Style) -> None:
    hide(noise(), np.array([sides], np.float32), style)


def test_no_region_changes_nothing() -> None:
    image = noise()
    hide(image, np.zeros((0, 4), np.float32), "mosaic")
    assert (image == noise()).all()
