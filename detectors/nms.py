"""Non-maximum suppression: one box per face.

OpenCV's NMSBoxes does the work: it sorts stably, so equal scores keep their order and a picture always gives the same.
The surprise is how low `IOU` is. At 12 px half a head of offset is IoU 0.33, so the usual 0.45 leaves two boxes on one
head, while people who draw boxes round faces next to each other hardly ever let them overlap by 0.15 (figures:
docs/benchmarks.md, "Tracking"). Lower still would take one of two faces passing in front of each other.
"""

import cv2
import numpy as np

from detectors.arrays import Float32, Index

MAX_IOU = 0.3  # above it the weaker of two boxes of a picture goes
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
