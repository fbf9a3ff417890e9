"""Windows of a few fixed shapes over the regions to be searched: first fit, largest first.

The surprising decision: a large region is looked at shrunk, not in a larger window. A region is large because its face
is, and a face of 100 px is found as surely at 50; so the network sees three shapes, however near people come.
"""

import math
from dataclasses import dataclass

import numpy as np

from detectors.base import Window
from pipeline.types import Float

SHAPES = (96, 192, 384)  # pixels the network sees, multiples of 32; larger windows are shrunk to the last

Bounds = tuple[float, float, float, float]


@dataclass
class _Open:
    """A window that may take in more: the bounds of what it holds, its side in the picture's and in network pixels."""

    bounds: Bounds
    side: float
    pixels: int


def cover(
    regions: Float, *, width: int, height: int, scale: float = 1.0, most: float = math.inf
) -> list[Window] | None:
    """Windows that hold every region (N,4) x1 y1 x2 y2, cut to the picture; None where they take too many pixels.

    scale: network pixels per picture pixel where the whole picture is searched.  most: network pixels in all.
    """
    clipped = np.clip(regions, 0, np.array([width, height, width, height], np.float32))
    sides = (clipped[:, 2:] - clipped[:, :2]).max(axis=1, initial=0)
    order = np.argsort(-sides, kind="stable")
    windows: list[_Open] = []
    for bounds in clipped[order[sides[order] >= 1]].tolist():
        if not _fits(bounds, windows):
            windows.append(_opened(bounds, scale))
            if sum(window.pixels**2 for window in windows) > most:
                return None
    return [_window(one, width, height) for one in windows]


def cost(windows: list[Window]) -> int:
    """Network pixels that a search of these windows takes."""
    return sum(window.pixels**2 for window in windows)


def _fits(region: Bounds, windows: list[_Open]) -> bool:
    """Whether a window has room for this region; it then holds it."""
    for window in windows:
        x1, y1, x2, y2 = window.bounds
        x1, y1, x2, y2 = min(x1, region[0]), min(y1, region[1]), max(x2, region[2]), max(y2, region[3])
        if x2 - x1 <= window.side and y2 - y1 <= window.side:
            window.bounds = (x1, y1, x2, y2)
            return True
    return False


def _opened(region: Bounds, scale: float) -> _Open:
    """A window of the smallest side on offer that holds a region: a shape, or the last one doubled until it does."""
    needed = max(region[2] - region[0], region[3] - region[1]) * scale
    for shape in SHAPES:
        if needed <= shape:
            return _Open(region, shape / scale, shape)
    return _Open(region, SHAPES[-1] / scale * 2 ** math.ceil(math.log2(needed / SHAPES[-1])), SHAPES[-1])


def _window(one: _Open, width: int, height: int) -> Window:
    """Laid round the middle of what it holds, moved into the picture where it would reach over the edge."""
    x1, y1, x2, y2 = one.bounds
    side = math.ceil(one.side)
    x, y = round((x1 + x2 - one.side) / 2), round((y1 + y2 - one.side) / 2)
    return Window(max(0, min(x, width - side)), max(0, min(y, height - side)), side, one.pixels)
