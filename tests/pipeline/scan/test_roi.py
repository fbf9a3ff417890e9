"""Points inside and outside of regions of interest."""

import numpy as np

from pipeline.scan.roi import points_in_roi, points_watched, zones_at
from pipeline.settings.types import CameraSettings, parse_roi

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


def test_masks_and_the_region_of_interest_hold_together() -> None:
    left, top = ((0.0, 0.0), (0.6, 0.0), (0.6, 1.0), (0.0, 1.0)), ((0.0, 0.0), (1.0, 0.0), (1.0, 0.2), (0.0, 0.2))
    camera = CameraSettings(source="x", roi=left, masks=(top,))
    assert points_watched(POINTS, camera, width=100, height=100).tolist() == [False, True, False]
    assert points_watched(POINTS[:0], camera, width=100, height=100).shape == (0,)


def test_zones_may_overlap_and_are_named_in_their_order() -> None:
    zones = {"till": parse_roi("0.4,0.4,0.6,0.6"), "shop": parse_roi("0,0,1,1"), "yard": parse_roi("0.8,0.8,1,1")}
    assert zones_at(POINTS[1], zones, width=100, height=100) == ("till", "shop")
    assert zones_at(POINTS[2], zones, width=100, height=100) == ("shop", "yard")
    assert zones_at(POINTS[0], {}, width=100, height=100) == ()
