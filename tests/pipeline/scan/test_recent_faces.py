"""RecentFaces of faces: weak boxes count only near known faces, places live a while and are looked at more widely."""

import numpy as np
import pytest

from detectors.base import Detections
from pipeline.scan.recent_faces import RecentFaces

BOX = (100.0, 100.0, 120.0, 120.0)


def found(*boxes: tuple[float, ...], score: float = 0.9) -> Detections:
    return Detections(np.array(boxes, np.float32).reshape(-1, 4), np.full(len(boxes), score, np.float32))


def test_a_face_is_looked_for_round_where_it_was() -> None:
    places = RecentFaces(min_score=0.4)
    places.update(found(BOX), 0.0)
    assert places.search_regions(0.0).tolist() == [[90, 90, 130, 130]]


def test_the_longer_ago_the_wider_up_to_a_limit() -> None:
    places = RecentFaces(min_score=0.4)
    places.update(found(BOX), 0.0)
    widths = [float(np.ptp(places.search_regions(time)[0, ::2])) for time in (0.0, 0.1, 0.2, 5.0, 50.0)]
    assert widths == sorted(widths)
    assert widths[-1] == widths[-2] == 20 * 7


def test_a_weak_box_is_a_face_only_where_one_was() -> None:
    places = RecentFaces(min_score=0.4)
    places.update(found(BOX, score=0.3), 0.0)
    assert len(places.search_regions(0.0)) == 0
    places.update(found(BOX), 0.1)
    places.update(found((104, 100, 124, 120), (500, 500, 520, 520), score=0.3), 0.2)
    np.testing.assert_allclose(places.search_regions(0.2), [[94, 90, 134, 130]])


@pytest.mark.parametrize(("after", "left"), [(0.4, 1), (0.6, 0)])
def test_an_unseen_face_is_waited_for_a_while(after: float, left: int) -> None:
    places = RecentFaces(min_score=0.4)
    places.update(found(BOX), 0.0)
    places.update(found(), after)
    assert len(places.search_regions(after)) == left


def test_a_clock_that_ran_back_narrows_nothing_below_a_face() -> None:
    places = RecentFaces(min_score=0.4)
    places.update(found(BOX), 10.0)
    assert places.search_regions(2.0).tolist() == [[90, 90, 130, 130]]


def test_five_hundred_faces_and_none() -> None:
    places = RecentFaces(min_score=0.4)
    many = [(x * 40.0, y * 40.0, x * 40.0 + 20, y * 40.0 + 20) for x in range(25) for y in range(20)]
    places.update(found(*many), 0.0)
    places.update(found(*many), 0.1)
    assert len(places.search_regions(0.1)) == 500
    places.clear()
    assert places.search_regions(0.1).shape == (0, 4)
