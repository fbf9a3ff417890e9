"""Faces are searched for around where they were; boxes with low scores count only near known faces."""

import numpy as np
import pytest

from detectors.base import Detections
from pipeline.scan.recent_faces import RecentFaces

BOX = (100.0, 100.0, 120.0, 120.0)


def found(*boxes: tuple[float, ...], score: float = 0.9) -> Detections:
    return Detections(np.array(boxes, np.float32).reshape(-1, 4), np.full(len(boxes), score, np.float32))


def test_face_is_searched_for_around_where_it_was() -> None:
    recent_faces = RecentFaces(min_score=0.4)
    recent_faces.update(found(BOX), 0.0)
    assert recent_faces.search_regions(0.0).tolist() == [[90, 90, 130, 130]]


def test_region_grows_with_time_up_to_a_limit() -> None:
    recent_faces = RecentFaces(min_score=0.4)
    recent_faces.update(found(BOX), 0.0)
    widths = [float(np.ptp(recent_faces.search_regions(time)[0, ::2])) for time in (0.0, 0.1, 0.2, 5.0, 50.0)]
    assert widths == sorted(widths)
    assert widths[-1] == widths[-2] == 20 * 7


def test_box_with_a_low_score_counts_only_near_a_known_face() -> None:
    recent_faces = RecentFaces(min_score=0.4)
    recent_faces.update(found(BOX, score=0.3), 0.0)
    assert len(recent_faces.search_regions(0.0)) == 0
    recent_faces.update(found(BOX), 0.1)
    recent_faces.update(found((104, 100, 124, 120), (500, 500, 520, 520), score=0.3), 0.2)
    np.testing.assert_allclose(recent_faces.search_regions(0.2), [[94, 90, 134, 130]])


@pytest.mark.parametrize(("after", "left"), [(0.4, 1), (0.6, 0)])
def test_missed_face_is_kept_for_a_while(after: float, left: int) -> None:
    recent_faces = RecentFaces(min_score=0.4)
    recent_faces.update(found(BOX), 0.0)
    recent_faces.update(found(), after)
    assert len(recent_faces.search_regions(after)) == left


def test_earlier_time_does_not_shrink_the_region() -> None:
    recent_faces = RecentFaces(min_score=0.4)
    recent_faces.update(found(BOX), 10.0)
    assert recent_faces.search_regions(2.0).tolist() == [[90, 90, 130, 130]]


def test_five_hundred_faces_and_none() -> None:
    recent_faces = RecentFaces(min_score=0.4)
    many = [(x * 40.0, y * 40.0, x * 40.0 + 20, y * 40.0 + 20) for x in range(25) for y in range(20)]
    recent_faces.update(found(*many), 0.0)
    recent_faces.update(found(*many), 0.1)
    assert len(recent_faces.search_regions(0.1)) == 500
    recent_faces.clear()
    assert recent_faces.search_regions(0.1).shape == (0, 4)
