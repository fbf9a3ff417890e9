"""What became of people in view, in rows by size and by camera, with Wilson's intervals."""

import pytest

from glimpse.evaluation.attribution import Answer
from glimpse.evaluation.counts import SIZES_PX, CountRow, count_all, count_by_camera, count_by_size
from glimpse.evaluation.truth import Presence

ADA, STRANGER = Presence("Ada", 0, 10), Presence(None, 0, 10)


def right(px: float | None = 20.0, clip: str = "a") -> Answer:
    return Answer(ADA, 1.0, px, clip)


def missed(px: float | None = 20.0, clip: str = "a") -> Answer:
    return Answer(ADA, None, px, clip)


def wrong(px: float | None = 20.0, clip: str = "a") -> Answer:
    return Answer(ADA, 1.0, px, clip, wrong=("Ben",))


def stranger(*names: str, px: float | None = 20.0) -> Answer:
    return Answer(STRANGER, None, px, "a", wrong=names)


def test_people_and_strangers_are_counted_apart() -> None:
    row = count_all([right(), right(), wrong(), missed(), missed(), missed(), stranger(), stranger("Ada")])
    assert row == CountRow("all", 2, 1, 3, 2, 1)
    assert row.people == 6


@pytest.mark.parametrize(
    ("px", "label"),
    [
        (0.0, "below 12 px"),
        (11.999, "below 12 px"),
        (12.0, "12 to 16 px"),
        (127.9, "64 to 128 px"),
        (128.0, "128 px and more"),
        (1e6, "128 px and more"),
        (None, "not known"),
    ],
)
def test_a_height_is_in_one_row(px: float | None, label: str) -> None:
    assert [row.label for row in count_by_size([right(px)])] == [label]


def test_rows_rise_and_the_unknown_are_last() -> None:
    sizes = [None, 500.0, *(low + 1.0 for low in reversed(SIZES_PX))]
    labels = [row.label for row in count_by_size([missed(px) for px in sizes])]
    assert labels[0] == "below 12 px"
    assert labels[-2:] == ["128 px and more", "not known"]
    assert len(labels) == len(set(labels)) == len(SIZES_PX) + 1


def test_a_size_of_strangers_alone_has_a_row() -> None:
    [row] = count_by_size([stranger(px=40.0)])
    assert (row.label, row.people, row.strangers) == ("32 to 48 px", 0, 1)


def test_cameras_keep_the_order_of_the_recordings() -> None:
    rows = count_by_camera([right(clip="yard"), missed(clip="door"), wrong(clip="yard")])
    assert [(row.label, row.right, row.wrong, row.missed) for row in rows] == [("yard", 1, 1, 0), ("door", 0, 0, 1)]


def test_nothing_gives_no_rows_and_one_of_zeros() -> None:
    assert count_by_size([]) == count_by_camera([]) == []
    assert count_all([]) == CountRow("all", 0, 0, 0, 0, 0)


def test_intervals_are_wilsons_and_those_of_nothing_are_everything() -> None:
    row = CountRow("x", 8, 1, 1, 20, 0)
    assert row.right_interval == pytest.approx((0.4902, 0.9433), abs=1e-3)  # 8 of 10
    assert row.wrong_interval == pytest.approx((0.0179, 0.4042), abs=1e-3)  # 1 of 10
    assert row.strangers_interval == pytest.approx((0.0, 3 / 20))  # 0 of 20: three in n
    none = CountRow("x", 0, 0, 0, 0, 0)
    assert none.right_interval == none.wrong_interval == none.strangers_interval == (0.0, 1.0)
