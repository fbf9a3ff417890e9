"""Takes turns where the windows of all regions together would be too large: each frame shows a part of the regions.

Neighbours have their turn together, because they share windows, and for as many frames as a track needs to be
confirmed.
"""

from collections.abc import Callable

import numpy as np

from detectors.arrays import Float32
from detectors.base import Window

TURN_FRAMES = 3  # in a row for each part


class Turns:
    """Whose turn it is, for one camera."""

    def __init__(self) -> None:
        self._frame = 0

    def choose(self, regions: Float32, pack: Callable[[Float32], list[Window] | None]) -> list[Window]:
        """The windows of one part of the regions (N,4), x1 y1 x2 y2; as few parts as can be, by doubling.

        pack: gives the windows of some regions, None where they are too large together.
        """
        self._frame += 1
        ordered = regions[np.argsort(regions[:, 0] + regions[:, 2], kind="stable")]
        count = 1
        while count < 2 * max(1, len(ordered)):
            windows = [pack(part) for part in np.array_split(ordered, min(count, len(ordered) or 1))]
            if all(part is not None for part in windows):
                return windows[self._frame // TURN_FRAMES % len(windows)] or []
            count *= 2
        return []
