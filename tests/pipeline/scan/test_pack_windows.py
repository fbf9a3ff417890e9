"""Every region lies within one window, windows have few sizes, and merging never costs pixels."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.arrays import Float32
from detectors.base import Window
from pipeline.scan.pack_windows import GRID_PX, WINDOW_SIDES_PX, count_pixels, pack_windows

WIDTH, HEIGHT = 1920, 1080


def regions(*boxes: tuple[float, float, float, float]) -> Float32:
    return np.array(boxes, np.float32).reshape(-1, 4)


def holds(window: Window, box: Float32) -> bool:
    x1, y1, x2, y2 = np.clip(box, 0, (WIDTH, HEIGHT, WIDTH, HEIGHT)).tolist()
    return window.x <= x1 and window.y <= y1 and x2 <= window.x + window.side and y2 <= window.y + window.side


def pack(boxes: Float32, *, scale: float = 1.0) -> list[Window]:
    windows = pack_windows(boxes, width=WIDTH, height=HEIGHT, scale=scale)
    assert windows is not None
    return windows


def test_nothing_to_search_needs_no_window() -> None:
    assert pack(regions()) == []


@pytest.mark.parametrize(
    "box", [(0, 0, 40, 40), (1880, 0, 1920, 40), (0, 1040, 40, 1080), (1880, 1040, 1920, 1080), (900, 500, 940, 540)]
)
def test_windows_at_borders_lie_within_the_picture(box: tuple[float, float, float, float]) -> None:
    (window,) = pack(regions(box))
    assert holds(window, regions(box)[0])
    assert window.x + window.side <= WIDTH
    assert window.y + window.side <= HEIGHT


def test_regions_beyond_the_picture_need_no_window() -> None:
    assert pack(regions((-90, -90, -10, -10), (2000, 20, 2100, 90))) == []


def test_neighbouring_regions_share_a_window() -> None:
    assert len(pack(regions((100, 100, 150, 150), (180, 120, 230, 170), (120, 200, 170, 250)))) == 1


def test_windows_are_merged_where_that_saves_pixels() -> None:
    grid = regions(*((x, y, x + 110, y + 110) for x in (0, 120, 240) for y in (0, 120, 240)))
    assert [window.pixels for window in pack(grid)] == [384]


def test_large_region_is_reduced_and_does_not_absorb_small_ones() -> None:
    large, small = pack(regions((0, 0, 700, 700), (300, 300, 340, 340)))
    assert (large.side, large.pixels) == (768, 384)
    assert small.side == small.pixels == WINDOW_SIDES_PX[0]


def test_enlarging_search_has_smaller_windows() -> None:
    (window,) = pack(regions((100, 100, 150, 150)), scale=2.0)
    assert (window.side, window.pixels) == (WINDOW_SIDES_PX[0] // 2, WINDOW_SIDES_PX[0])


def test_too_many_pixels_give_no_windows() -> None:
    everywhere = regions(*((x, y, x + 60, y + 60) for x in range(0, 1900, 60) for y in range(0, 1080, 60)))
    assert pack_windows(everywhere, width=WIDTH, height=HEIGHT, max_pixels=0.5 * WIDTH * HEIGHT) is None


def test_five_hundred_faces_are_packed_within_a_second() -> None:
    random = np.random.default_rng(3)
    corners = random.uniform((0, 0), (WIDTH, HEIGHT), (500, 2))
    many = np.concatenate([corners, corners + 60], axis=1).astype(np.float32)
    began = time.perf_counter()
    pack_windows(many, width=WIDTH, height=HEIGHT, max_pixels=0.5 * WIDTH * HEIGHT)
    assert time.perf_counter() - began < 1


boxes = st.tuples(st.floats(-100, 2000, width=32), st.floats(-100, 1200, width=32), st.floats(1, 1500, width=32)).map(
    lambda box: (box[0], box[1], box[0] + box[2], box[1] + box[2])
)


@settings(deadline=None)
@given(st.lists(boxes, max_size=30), st.sampled_from([0.5, 1.0, 2.0]))
def test_every_region_lies_within_a_window_of_a_known_side(some: list[tuple[float, ...]], scale: float) -> None:
    asked = np.array(some, np.float32).reshape(-1, 4)
    windows = pack(asked, scale=scale)
    inside = np.clip(asked, 0, (WIDTH, HEIGHT, WIDTH, HEIGHT))
    for box in inside[(inside[:, 2:] - inside[:, :2]).min(axis=1, initial=9) >= 1]:
        assert any(holds(window, box) for window in windows)
    assert all(window.pixels in WINDOW_SIDES_PX for window in windows)
    assert count_pixels(windows) == sum(window.pixels**2 for window in windows)
    assert all(window.x % max(1, GRID_PX / scale * window.side * scale / window.pixels) == 0 for window in windows)
