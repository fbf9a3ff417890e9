"""What is hidden in each frame, from faces that are given."""

import numpy as np
import pytest

from detectors.arrays import Float32
from glimpse.blur.followed import Followed, FoundFaces
from glimpse.blur.regions import AROUND_SECONDS, MARGIN, regions_to_hide, widen

ADA, BEN = (10.0, 10.0, 30.0, 30.0), (100.0, 10.0, 120.0, 30.0)
NOBODY: frozenset[str] = frozenset()


def box(*sides: float) -> Float32:
    return np.array(sides, np.float32)


def film(*, frames: int, followed: dict[int, Followed], weak: dict[int, list[Float32]] | None = None) -> FoundFaces:
    """Frames at 10 a second. weak: boxes that no track has."""
    found = FoundFaces(times={index: index / 10 for index in range(frames)})
    found.followed.update(followed)
    for index in range(frames):
        boxes = [face.boxes[index] for face in followed.values() if index in face.boxes]
        boxes += (weak or {}).get(index, [])
        found.boxes[index] = np.stack(boxes) if boxes else np.zeros((0, 4), np.float32)
    return found


def steady(sides: tuple[float, ...], frames: range, name: str | None = None) -> Followed:
    names = {name} if name else set()
    return Followed({index: box(*sides) for index in frames}, names, name)


def covers(regions: Float32, sides: tuple[float, ...]) -> bool:
    return any((row[:2] <= sides[:2]).all() and (row[2:] >= sides[2:]).all() for row in regions)


def test_everybody_is_hidden_where_nobody_may_be_seen() -> None:
    found = film(frames=3, followed={1: steady(ADA, range(3), "Ada"), 2: steady(BEN, range(3))})
    hidden = regions_to_hide(found, NOBODY)
    assert sorted(hidden) == [0, 1, 2]
    assert all(covers(boxes, ADA) and covers(boxes, BEN) for boxes in hidden.values())


def test_who_may_be_seen_is_seen_and_the_others_are_not() -> None:
    found = film(frames=3, followed={1: steady(ADA, range(3), "Ada"), 2: steady(BEN, range(3), "Ben")})
    hidden = regions_to_hide(found, frozenset({"Ada"}))
    assert all(covers(boxes, BEN) and not covers(boxes, ADA) for boxes in hidden.values())


@pytest.mark.parametrize(("names", "last"), [({"Ada", "Ben"}, "Ada"), ({"Ada"}, None), (set(), None), ({"Ben"}, "Ben")])
def test_a_name_that_changed_or_was_withdrawn_shows_nobody(names: set[str], last: str | None) -> None:
    face = Followed({index: box(*ADA) for index in range(3)}, names, last)
    assert all(covers(boxes, ADA) for boxes in regions_to_hide(film(frames=3, followed={1: face}), {"Ada"}).values())


def test_a_face_is_hidden_where_it_was_lost_and_just_before_and_after() -> None:
    face = Followed({10: box(0, 0, 10, 10), 14: box(40, 0, 50, 10)})
    hidden = regions_to_hide(film(frames=40, followed={1: face}), NOBODY)
    around = int(10 * AROUND_SECONDS)
    assert sorted(hidden) == list(range(10 - around, 14 + around + 1))
    assert covers(hidden[12], (20, 0, 30, 10))
    assert covers(hidden[10 - around], (0, 0, 10, 10))
    assert covers(hidden[14 + around], (40, 0, 50, 10))


def test_boxes_too_weak_to_follow_are_hidden() -> None:
    found = film(frames=2, followed={}, weak={1: [box(*BEN)]})
    hidden = regions_to_hide(found, frozenset({"Ada"}))
    assert list(hidden) == [1]
    assert covers(hidden[1], BEN)


def test_a_hidden_face_before_one_that_may_be_seen_stays_hidden() -> None:
    before = (15.0, 12.0, 35.0, 32.0)
    found = film(frames=3, followed={1: steady(ADA, range(3), "Ada"), 2: steady(before, range(3))})
    assert all(covers(boxes, before) for boxes in regions_to_hide(found, frozenset({"Ada"})).values())


def test_who_may_be_seen_is_hidden_in_frames_in_which_nobody_found_them() -> None:
    face = Followed({0: box(*ADA), 4: box(*ADA)}, {"Ada"}, "Ada")
    found = film(frames=5, followed={1: face}, weak={2: [box(*ADA)]})
    assert list(regions_to_hide(found, frozenset({"Ada"}))) == [2]


def test_an_empty_recording_has_nothing_to_hide() -> None:
    assert regions_to_hide(FoundFaces(), NOBODY) == {}


def test_regions_reach_beyond_the_face_on_each_side() -> None:
    np.testing.assert_allclose(
        widen(box(10, 20, 30, 60)[None])[0], (10 - 20 * MARGIN, 20 - 40 * MARGIN, 30 + 20 * MARGIN, 60 + 40 * MARGIN)
    )
