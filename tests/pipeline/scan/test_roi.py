"""Points inside and outside of regions of interest."""

import numpy as np

from pipeline.scan.roi import points_in_roi
from pipeline.settings.types import parse_roi

POINTS = np.array([[10, 10], [50, 50], [99, 99]], np.float32)


def test_a_rectangle_takes_what_lies_in_it() -> None:
    assert points_in_roi(POINTS, parse_roi("0.4,0.4,0.6,0.6"), width=100, height=100).tolist() == [False, True, False]


def test_a_polygon_follows_the_resolution() -> None:
    triangle = parse_roi("0,0 0.5,0 0,0.5")
    assert points_in_roi(POINTS, triangle, width=100, height=100).tolist() == [True, False, False]
    assert points_in_roi(POINTS * 10, triangle, width=1000, height=1000).tolist() == [True, False, False]


def test_no_polygon_takes_everything_and_no_points_are_fine() -> None:
    assert points_in_roi(POINTS, (), width=100, height=100).all()
    assert points_in_roi(POINTS[:0], parse_roi("0,0,1,1"), width=100, height=100).shape == (0,)
