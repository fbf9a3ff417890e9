"""Tables of switches: one line for each, with the range over the seeds."""

import numpy as np

from benchmarks.switches import choose_rows, format_tables, make_views


def test_seeds_of_a_switch_share_a_line() -> None:
    text = format_tables(
        {"base/1": {"area": (10.0, 0.5)}, "base/2": {"area": (12.0, 0.7)}, "turned/1": {"area": (9.0, 0.4)}}
    )
    assert "| base | 2 | 11.0 (10.0 to 12.0) |" in text
    assert "| base | 2 | 0.600 (0.500 to 0.700) |" in text
    assert "| turned | 1 | 9.0 (9.0 to 9.0) |" in text


def test_people_with_most_photographs_come_first() -> None:
    assert choose_rows(["a", "b", "b", "c", "b", "c"], 5) == [1, 2, 3, 4, 5]


def test_views_are_the_same_at_every_call() -> None:
    images = np.random.default_rng(1).integers(0, 255, (3, 112, 112, 3)).astype(np.uint8)
    first, again = (make_views(images, 16, entries=4) for _ in range(2))
    assert list(first) == ["area", "turned", "footage", "misaligned", "infrared"]
    assert all(np.array_equal(first[name], again[name]) and first[name].shape == (3, 16, 16, 3) for name in first)
