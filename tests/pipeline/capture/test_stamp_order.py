"""Which of the next timestamps are right, and what the others should have been."""

import pytest

from pipeline.capture.stamp_order import is_regular, order_stamps


@pytest.mark.parametrize(
    ("stamps", "ordered"),
    [
        ([1, 2, 3], [1]),
        ([7, 8, 9], [7]),
        ([2, 1, 3], [1, 2]),
        ([4, 2, 3, 1, 6, 5], [1, 2, 3, 4]),
        ([5000, 2, 3], [1, 2]),
        ([5000, 5001, 5002, 4, 5], [1, 2, 3, 4]),
        ([-40, 2, 3], [1, 2]),
        ([-40, 2, -38, 4], [1, 2]),
        ([None, None, 3], [1, 2, 3]),
        ([0, 1, 2], [0.5, 1]),
        ([10, 2, 3, 4, 5, 6, 7, 8], [1, 2]),
    ],
    ids=[
        "regular",
        "gap",
        "swapped",
        "reordered",
        "spike",
        "long spike",
        "back",
        "back twice",
        "missing",
        "repeated",
        "spike onto a later frame",
    ],
)
def test_stamps_that_go_on(stamps: list[float | None], ordered: list[float]) -> None:
    assert order_stamps(0, stamps, 1) == ordered


@pytest.mark.parametrize("stamps", [[-9, -8, -7], [None, None], [-2, -1, 0, 1, 2], [0, 0, 0]])
def test_stamps_that_begin_anew(stamps: list[float | None]) -> None:
    assert order_stamps(0, stamps, 1) is None


def test_regular_steps_are_up_to_half_longer() -> None:
    assert [is_regular(step, 1) for step in (-1, 0, 0.1, 1, 1.5, 1.6)] == [False, False, True, True, True, False]
