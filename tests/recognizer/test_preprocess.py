"""Network input and unit vectors, checked against the formulas."""

import numpy as np
import pytest

from recognizer.preprocess import l2_normalise, to_planes
from recognizer.spec import ChipSpec

MEAN, STD = (10.0, 20.0, 30.0), (2.0, 4.0, 8.0)  # powers of two divide exactly


@pytest.mark.parametrize(("color", "channels"), [("BGR", (0, 1, 2)), ("RGB", (2, 1, 0))])
@pytest.mark.parametrize("exact", [False, True])
def test_mean_and_std_follow_the_channel_order_of_the_spec(
    color: str, channels: tuple[int, int, int], exact: bool
) -> None:
    chips = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3), np.uint8)
    planes = to_planes(chips, ChipSpec(size=8, color=color, mean=MEAN, std=STD), exact=exact)
    assert (planes.dtype, planes.shape, planes.flags.c_contiguous) == (np.float32, (2, 3, 8, 8), True)
    for plane, channel in enumerate(channels):
        np.testing.assert_array_equal(planes[:, plane], (chips[..., channel] - MEAN[plane]) / STD[plane])


def test_no_chips_give_no_planes() -> None:
    assert to_planes(np.zeros((0, 8, 8, 3), np.uint8), ChipSpec(size=8)).shape == (0, 3, 8, 8)


def test_rows_get_unit_length() -> None:
    rows = l2_normalise(np.array([[3, 4], [0, -2]], np.float32))
    np.testing.assert_allclose(rows, [[0.6, 0.8], [0, -1]], rtol=1e-6)
    assert rows.dtype == np.float32


@pytest.mark.parametrize("row", [[0, 0], [1e-9, 0], [np.nan, 1], [np.inf, 1], [3e38, 3e38]])
def test_a_row_without_direction_becomes_zero_and_leaves_other_rows_intact(row: list[float]) -> None:
    np.testing.assert_array_equal(l2_normalise(np.array([row, [0, 5]], np.float32)), [[0, 0], [0, 1]])
