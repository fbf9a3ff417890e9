"""Are two pictures of one person?"""

import math

import pytest

import glimpse
from tests.synthetic.portraits import FACES, group, nothing, portrait


def test_one_person_is_the_same_and_two_are_not_in_either_order() -> None:
    same = glimpse.compare(FACES / "Ada.jpg", portrait("Ada", 64))
    other = glimpse.compare(FACES / "Ada.jpg", FACES / "Ben.jpg")
    assert same
    assert same.same
    assert same.likeness > same.threshold > other.likeness
    assert not other
    assert same.chance < 0.001 < other.chance
    assert same == glimpse.compare(portrait("Ada", 64), FACES / "Ada.jpg")
    assert same.face_px == pytest.approx(27, abs=2)


def test_it_says_what_it_found_in_words() -> None:
    same = str(glimpse.compare(FACES / "Ada.jpg", FACES / "Ada.jpg"))
    other = str(glimpse.compare(FACES / "Ada.jpg", FACES / "Ben.jpg"))
    assert same.startswith("the same person (likeness ")
    assert same.endswith("fewer than one in 1,000,000 pairs of two people are as alike)")
    assert other.startswith("not the same person (likeness ")
    assert "needed at 1" in other


def test_a_lower_rate_of_false_matches_needs_more_likeness() -> None:
    pair = FACES / "Ada.jpg", FACES / "Ben.jpg"
    thresholds = [glimpse.compare(*pair, false_match_rate=rate).threshold for rate in (0.1, 1e-3, 1e-6)]
    assert thresholds == sorted(set(thresholds))
    assert glimpse.compare(*pair, false_match_rate=0.5)


def test_faces_of_group_pictures_can_be_compared() -> None:
    left, right = sorted(glimpse.find(group("Ada", "Ben")), key=lambda face: face.box[0])
    assert glimpse.compare(left, FACES / "Ada.jpg")
    assert not glimpse.compare(right, FACES / "Ada.jpg")
    with pytest.raises(glimpse.PictureError, match="found 2"):
        glimpse.compare(group("Ada", "Ben"), FACES / "Ada.jpg")
    with pytest.raises(glimpse.PictureError, match="found none"):
        glimpse.compare(FACES / "Ada.jpg", nothing())


@pytest.mark.parametrize("rate", [0.0, 1.0, -0.1, math.nan])
def test_a_rate_that_is_none_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="false_match_rate: expected above 0"):
        glimpse.compare(FACES / "Ada.jpg", FACES / "Ben.jpg", false_match_rate=rate)
