"""Feature lengths set against those of other faces of one size."""

import math

import pytest

from recognizer.lengths import LengthBand, least_length, length_weight

BANDS = (LengthBand(px=32, least=2.0, typical=4.0), LengthBand(px=8, least=0.5, typical=1.0))


@pytest.mark.parametrize(
    ("length", "px", "weight"),
    [(4.0, 32, 1.0), (1.0, 8, 1.0), (2.5, 16, 1.0), (6.0, 32, 2.25), (3.0, 32, 0.5625), (1.0, 3, 1.0), (4.0, 500, 1.0)],
)
def test_a_crop_weighs_by_the_square_of_its_length_among_faces_of_its_size(
    length: float, px: float, weight: float
) -> None:
    assert length_weight(BANDS, length, px) == pytest.approx(weight)


def test_no_length_lets_a_crop_decide_alone_or_drop_out() -> None:
    assert length_weight(BANDS, 400.0, 32) == 4.0
    assert length_weight(BANDS, 0.0, 32) == 0.25


@pytest.mark.parametrize("length", [math.nan, math.inf, -math.inf])
def test_a_length_that_says_nothing_changes_no_weight(length: float) -> None:
    assert length_weight(BANDS, length, 32) == 1.0
    assert length_weight((), 4.0, 32) == 1.0


def test_just_above_a_step_the_next_member_counts() -> None:
    bands = (LengthBand(px=28, least=0.4, typical=0.6), LengthBand(px=29, least=2.8, typical=3.8))
    assert length_weight(bands, 0.6, 28) == length_weight(bands, 3.8, 28.2) == length_weight(bands, 3.8, 29) == 1.0
    assert least_length(bands, 28.2) == pytest.approx(2.8)


def test_the_least_length_of_a_face_follows_its_size() -> None:
    assert least_length(BANDS, 32) == 2.0
    assert least_length(BANDS, 16) == pytest.approx(1.25)
    assert least_length((), 32) == 0.0
