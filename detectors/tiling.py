"""Search overlapping windows at native resolution, for tiny faces in frames too large to be searched at once.

A face cut by a window's border gives a box of its visible part. Such a box is removed only where it lies within the box
of the whole face, which usually comes from the next window. A face too large for any window is found in an overview:
the frame shrunk to one window.
"""

import numpy as np

from detectors.arrays import Float32, Image
from detectors.base import Detections, FaceDetector
from detectors.boxes import max_share_inside
from detectors.network import check_image
from detectors.nms import MAX_IOU, is_part, suppress
from detectors.resize import ResizedDetector
from detectors.windows import concatenate, ends_at_inner_border, shift

_OVERLAP = 0.25  # of a window: whole faces up to that size lie within some window
_LARGE = 0.8  # of the overlap: the overview answers only for faces from here on, for smaller ones it is too coarse
_CUT, _OVERVIEW, _WHOLE = np.float32(0), np.float32(1), np.float32(2)  # trust in a box; the overview is coarse
_PART = 0.7  # share of a cut box that must lie within a whole one to be its part


class TiledDetector:
    """Runs `detector` on windows of `tile` x `tile` pixels and on an overview; one box per face comes back.

    iou: overlap above which the weaker of two boxes goes.  Raises ValueError when `tile` is below 64.
    """

    def __init__(self, detector: FaceDetector, tile: int, *, iou: float = MAX_IOU) -> None:
        if tile < 64:
            raise ValueError(f"tile: expected 64 or more pixels, got {tile}")
        self.name = f"{detector.name}/{tile}"
        self._detector, self._tile, self._iou = detector, tile, iou
        self._overview = ResizedDetector(detector, tile)

    def detect(self, image: Image) -> Detections:
        """Find faces in a BGR uint8 (H,W,3) picture, in its own pixels, best first."""
        check_image(image)
        height, width = image.shape[:2]
        if max(height, width) <= self._tile:
            return self._detector.detect(image)
        overview = self._overview.detect(image)
        sides = (overview.boxes[:, 2:] - overview.boxes[:, :2]).max(axis=1)
        overview = overview[np.flatnonzero(sides >= _LARGE * _OVERLAP * self._tile)]
        found, trust = [overview], [np.full(len(overview), _OVERVIEW, np.float32)]
        for y in _starts(height, self._tile):
            for x in _starts(width, self._tile):
                window = image[y : y + self._tile, x : x + self._tile]
                part = shift(self._detector.detect(window), x, y)
                cut = ends_at_inner_border(
                    part.boxes, (x, y, x + window.shape[1], y + window.shape[0]), (width, height)
                )
                found.append(part)
                trust.append(np.where(cut, _CUT, _WHOLE))
        return self._merge(concatenate(found), np.concatenate(trust))

    def _merge(self, found: Detections, trust: Float32) -> Detections:
        """Of two boxes of one face the more trusted stays, then the better; parts of a face seen whole go."""
        kept = suppress(found.boxes, found.scores + trust, self._iou)
        found, cut = found[kept], trust[kept] == _CUT
        cut_part = cut & (max_share_inside(found.boxes, found[np.flatnonzero(~cut)].boxes) >= _PART)
        found = found[np.flatnonzero(~cut_part)]
        found = found[np.flatnonzero(~is_part(found.boxes, found.scores))]
        return found[np.argsort(-found.scores, kind="stable")]


def _starts(length: int, tile: int) -> list[int]:
    """Where windows begin along a side: evenly spread, overlapping by a quarter or more."""
    if length <= tile:
        return [0]
    count = 1 + int(np.ceil((length - tile) / (tile * (1 - _OVERLAP))))
    return [round(start) for start in np.linspace(0, length - tile, count)]
