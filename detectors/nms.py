"""Non-maximum suppression: one box per face.

OpenCV's NMSBoxes sorts stably, so equal scores keep their order and results are reproducible. `MAX_IOU` is lower than
the usual 0.45: at 12 px, boxes half a head apart have IoU 0.33, so 0.45 leaves two boxes on one head. Boxes drawn by
hand around neighbouring faces rarely overlap by 0.15 (docs/benchmarks.md, "Tracking"). A still lower limit would remove
one of two faces that pass in front of each other.
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
