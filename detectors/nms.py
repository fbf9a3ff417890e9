"""Non-maximum suppression: one box per face.

OpenCV's NMSBoxes sorts stably, so equal scores keep their order and results are reproducible. `MAX_IOU` is lower than
the usual 0.45: at 12 px, boxes half a head apart have IoU 0.33, so 0.45 leaves two boxes on one head. Boxes drawn by
hand around neighbouring faces rarely overlap by 0.15 (docs/benchmarks.md, "Tracking"). A still lower limit would remove
one of two faces that pass in front of each other.

A large face looked at closely holds boxes of its own: an eye, a mouth, half of it. Such a part goes too, where a box of
the whole is there with nearly its score.
"""

import cv2
import numpy as np

from detectors.arrays import Float32, Index, Mask

MAX_IOU = 0.3  # above it the weaker of two boxes of a picture goes
PART_SHARE = 0.7  # of a box that lies within a box of more height, from which it may be a part of that face
PART_HEIGHT = 1.5  # times as high the box of the whole is, at least
PART_LEAD = 0.15  # score by which a part may exceed the whole
_BLOCK = 256  # boxes compared with all others at once
_MOST = 5_000  # boxes looked at, best first: the time grows with the square, and texture at a low score gives 30 000


def suppress(boxes: Float32, scores: Float32, iou: float) -> Index:
    """Indices of the boxes to keep, best score first: of two that overlap by more than `iou` the weaker goes.

    boxes: float32 (N,4) x1 y1 x2 y2, finite.  scores: float32 (N,); those not above 0 go.
    """
    if not len(boxes):
        return np.zeros(0, np.intp)
    corner_and_size = boxes.astype(np.float64)
    corner_and_size[:, 2:] -= corner_and_size[:, :2]
    kept = cv2.dnn.NMSBoxes(corner_and_size, scores, 0.0, iou, top_k=_MOST)  # type: ignore[arg-type]  # takes arrays
    return np.asarray(kept, np.intp).reshape(-1)


def is_part(boxes: Float32, scores: Float32) -> Mask:
    """Which boxes (N,4) are parts of a face that another of them shows whole: bool (N,).

    A part of a part counts as one of the whole. Compared are pairs of which the larger holds the other's centre.
    """
    heights, middles = boxes[:, 3] - boxes[:, 1], (boxes[:, :2] + boxes[:, 2:]) / 2
    parts = np.zeros(len(boxes), np.bool_)
    for begin in range(0, len(boxes), _BLOCK):
        rows = slice(begin, begin + _BLOCK)
        whole = heights[rows, None] * np.float32(PART_HEIGHT) <= heights
        whole &= scores[rows, None] <= scores + np.float32(PART_LEAD)
        whole &= (middles[rows, None] > boxes[:, :2]).all(axis=2) & (middles[rows, None] < boxes[:, 2:]).all(axis=2)
        inner, outer = np.nonzero(whole)
        low = np.maximum(boxes[inner + begin, :2], boxes[outer, :2])
        high = np.minimum(boxes[inner + begin, 2:], boxes[outer, 2:])
        areas = (boxes[inner + begin, 2:] - boxes[inner + begin, :2]).prod(axis=1)
        parts[(inner + begin)[(high - low).prod(axis=1) >= PART_SHARE * areas]] = True
    return parts
