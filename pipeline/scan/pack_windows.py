"""Packs the regions to search into square windows of a few fixed sizes: first fit, then merging where it saves pixels.

A region larger than the largest window is searched reduced, not in a larger window. A region is large because its face
is, and the detector finds a face of 100 px as surely at 50 px. So the network sees few input shapes.
"""

import math
from dataclasses import dataclass

import numpy as np

from detectors.arrays import Float32
from detectors.base import Window

WINDOW_SIDES_PX: tuple[int, ...] = (256, 384)
"""Sides of windows in network pixels, multiples of 32. Smaller ones show too little context (docs/benchmarks.md)."""

GRID_PX = 8
"""Network pixels. Windows start on the cells of the network's finest grid, so that scores equal a full search's."""

Bounds = tuple[float, float, float, float]


@dataclass
class _Draft:
    """A window that can still grow.

    bounds: of the regions in it, in pixels of the picture.  side: in network pixels.
    reduction: picture pixels per network pixel.
    """

    bounds: Bounds
    side: int
    reduction: float

    def fits(self, bounds: Bounds) -> bool:
        """Whether a window of this side shows all of `bounds`, wherever on the grid it starts."""
        return max(bounds[2] - bounds[0], bounds[3] - bounds[1]) <= (self.side - GRID_PX) * self.reduction


def pack_windows(
    regions: Float32, *, width: int, height: int, scale: float = 1.0, max_pixels: float = math.inf
) -> list[Window] | None:
    """Return windows that show every region (N,4), x1 y1 x2 y2 in pixels, clipped to the picture of width x height.

    scale: network pixels per picture pixel in a search of the whole picture.
    max_pixels: network pixels of all windows together; None is returned where more would be needed.
    """
    clipped = np.clip(regions, 0, np.array([width, height, width, height], np.float32))
    sides = clipped[:, 2:] - clipped[:, :2]
    visible = np.flatnonzero((sides >= 1).all(axis=1))
    largest_first = np.argsort(-sides[visible].max(axis=1, initial=0), kind="stable")
    drafts: list[_Draft] = []
    for bounds in clipped[visible[largest_first]].tolist():
        _place(_smallest_draft(bounds, scale), drafts)
        if len(drafts) * WINDOW_SIDES_PX[0] ** 2 > 2 * max_pixels:  # merging saves less than half
            return None
    for side in WINDOW_SIDES_PX[1:]:
        drafts = _merge(drafts, side, scale)
    windows = [_finish(draft, width, height) for draft in drafts]
    return windows if count_pixels(windows) <= max_pixels else None


def count_pixels(windows: list[Window]) -> int:
    """Number of network pixels that a search of these windows takes."""
    return sum(window.pixels**2 for window in windows)


def _smallest_draft(region: Bounds, scale: float) -> _Draft:
    """The smallest window that shows a region; if none does, the largest, halving its resolution until it does."""
    for side in WINDOW_SIDES_PX:
        draft = _Draft(region, side, 1 / scale)
        if draft.fits(region):
            return draft
    while not draft.fits(region):
        draft = _Draft(region, draft.side, 2 * draft.reduction)
    return draft


def _place(draft: _Draft, drafts: list[_Draft]) -> None:
    """Add the region to the first window with room for it and at least its resolution, else add its own window."""
    for other in drafts:
        bounds = _union(other.bounds, draft.bounds)
        if other.reduction <= draft.reduction and other.fits(bounds):
            other.bounds = bounds
            return
    drafts.append(draft)


def _merge(drafts: list[_Draft], side: int, scale: float) -> list[_Draft]:
    """Replace several windows by one of this side where that takes fewer pixels; reduced windows stay as they are."""
    remaining = [draft for draft in drafts if draft.reduction == 1 / scale]
    merged = [draft for draft in drafts if draft.reduction != 1 / scale]
    while remaining:
        candidate = _Draft(remaining[0].bounds, side, 1 / scale)
        parts = []
        for draft in remaining:
            bounds = _union(candidate.bounds, draft.bounds)
            if candidate.fits(bounds):
                candidate.bounds = bounds
                parts.append(draft)
        if sum(part.side**2 for part in parts) <= side**2:
            candidate, parts = remaining[0], remaining[:1]
        merged.append(candidate)
        remaining = [draft for draft in remaining if not any(draft is part for part in parts)]
    return merged


def _union(first: Bounds, second: Bounds) -> Bounds:
    return min(first[0], second[0]), min(first[1], second[1]), max(first[2], second[2]), max(first[3], second[3])


def _finish(draft: _Draft, width: int, height: int) -> Window:
    """Centre the window on its bounds. It may exceed the right and lower border of the picture by less than a cell."""
    side, step = math.ceil(draft.side * draft.reduction), GRID_PX * draft.reduction
    x1, y1, x2, y2 = draft.bounds
    x = _snap_to_grid((x1 + x2 - side) / 2, width - side, step)
    y = _snap_to_grid((y1 + y2 - side) / 2, height - side, step)
    return Window(x, y, side, draft.side)


def _snap_to_grid(start: float, last_start: int, step: float) -> int:
    """The multiple of `step` nearest to `start`, at least 0 and at most the first at or past `last_start`."""
    cells = math.ceil(last_start / step) if start >= last_start else round(start / step)
    return round(max(0, cells) * step)
