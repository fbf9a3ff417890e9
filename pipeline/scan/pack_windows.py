"""Windows of a few fixed shapes over the regions to be searched: first fit, then joined where that is cheaper.

The surprising decision: a large region is looked at shrunk, not in a larger window. A region is large because its face
is, and a face of 100 px is found as surely at 50; so the network sees few shapes, however near people come.
"""

import math
from dataclasses import dataclass

import numpy as np

from detectors.arrays import Float32
from detectors.base import Window

WINDOW_SIDES_PX: tuple[int, ...] = (
    256,
    384,
)  # pixels the network sees, multiples of 32; smaller ones lack context (docs/benchmarks.md)
GRID_PX = 8  # network pixels: corners lie on the cells of the whole picture's finest grid, or scores would differ

Bounds = tuple[float, float, float, float]


@dataclass
class _Open:
    """A window that may take in more: the bounds of what it holds, its side in network pixels, and how far shrunk."""

    bounds: Bounds
    pixels: int
    shrunk: float  # picture pixels per network pixel

    def room_for(self, bounds: Bounds) -> bool:
        """Whether all of this can be seen, wherever on the grid the corner comes to lie."""
        return max(bounds[2] - bounds[0], bounds[3] - bounds[1]) <= (self.pixels - GRID_PX) * self.shrunk


def pack_windows(
    regions: Float32, *, width: int, height: int, scale: float = 1.0, most: float = math.inf
) -> list[Window] | None:
    """Windows that hold every region (N,4) x1 y1 x2 y2, cut to the picture; None where they take too many pixels.

    scale: network pixels per picture pixel where the whole picture is searched.  most: network pixels in all.
    """
    clipped = np.clip(regions, 0, np.array([width, height, width, height], np.float32))
    sides = clipped[:, 2:] - clipped[:, :2]
    within = np.flatnonzero((sides >= 1).all(axis=1))
    opened: list[_Open] = []
    for bounds in clipped[within[np.argsort(-sides[within].max(axis=1, initial=0), kind="stable")]].tolist():
        _place(_smallest(bounds, scale), opened)
        if len(opened) * WINDOW_SIDES_PX[0] ** 2 > 2 * most:  # joining saves less than half
            return None
    for shape in WINDOW_SIDES_PX[1:]:
        opened = _joined(opened, shape, scale)
    windows = [_window(one, width, height) for one in opened]
    return windows if count_pixels(windows) <= most else None


def count_pixels(windows: list[Window]) -> int:
    """Network pixels that a search of these windows takes."""
    return sum(window.pixels**2 for window in windows)


def _smallest(region: Bounds, scale: float) -> _Open:
    """The smallest window on offer that holds a region: of one of the shapes, or of the last one ever more shrunk."""
    opened = [_Open(region, shape, 1 / scale) for shape in WINDOW_SIDES_PX]
    while not opened[-1].room_for(region):
        opened.append(_Open(region, WINDOW_SIDES_PX[-1], 2 * opened[-1].shrunk))
    return next(one for one in opened if one.room_for(region))


def _place(one: _Open, windows: list[_Open]) -> None:
    """Let a window that shows as much detail take in what this one holds, or add it."""
    for window in windows:
        bounds = _union(window.bounds, one.bounds)
        if window.shrunk <= one.shrunk and window.room_for(bounds):
            window.bounds = bounds
            return
    windows.append(one)


def _joined(windows: list[_Open], shape: int, scale: float) -> list[_Open]:
    """Several windows as one of this shape, where that takes fewer pixels; shrunk ones stay as they are."""
    left = [one for one in windows if one.shrunk == 1 / scale]
    made = [one for one in windows if one.shrunk != 1 / scale]
    while left:
        whole = _Open(left[0].bounds, shape, 1 / scale)
        parts = []
        for one in left:
            if whole.room_for(bounds := _union(whole.bounds, one.bounds)):
                whole.bounds = bounds
                parts.append(one)
        cheaper = sum(one.pixels**2 for one in parts) > shape**2
        parts = parts if cheaper else left[:1]
        made.append(whole if cheaper else left[0])
        left = [one for one in left if not any(one is part for part in parts)]
    return made


def _union(first: Bounds, second: Bounds) -> Bounds:
    return min(first[0], second[0]), min(first[1], second[1]), max(first[2], second[2]), max(first[3], second[3])


def _window(one: _Open, width: int, height: int) -> Window:
    """Laid round the middle of what it holds; at the lower and right edge it may reach over by less than a cell."""
    side, step = math.ceil(one.pixels * one.shrunk), GRID_PX * one.shrunk
    x1, y1, x2, y2 = one.bounds
    x, y = _corner((x1 + x2 - side) / 2, width - side, step), _corner((y1 + y2 - side) / 2, height - side, step)
    return Window(x, y, side, one.pixels)


def _corner(wanted: float, last: int, step: float) -> int:
    """The cell's corner nearest to what is wanted, from 0 to the first that shows the picture's edge."""
    cells = math.ceil(last / step) if wanted >= last else round(wanted / step)
    return round(max(0, cells) * step)
