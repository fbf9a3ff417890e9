"""Searches a few windows of a picture instead of all of it; results are in the picture's pixels.

A box that touches an inner border of its window is dropped. The window was laid round a face with room to spare, so a
face cut by the border is a neighbour, which has its own window or waits for the next search of the whole picture.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from detectors.arrays import Float32, Image, Mask
from detectors.base import Detections, FaceDetector, Window
from detectors.network import check_image
from detectors.nms import MAX_IOU, is_part, suppress
from detectors.resize import rescale

BORDER_PX = 2.0  # a box ending this near to a window's inner border, in pixels, may be cut


def search_windows(
    detector: FaceDetector, image: Image, windows: Sequence[Window], *, iou: float = MAX_IOU
) -> Detections:
    """Faces within the windows of a BGR uint8 (H,W,3) picture, in the picture's pixels, one box each, best first."""
    check_image(image)
    parts = [_search(detector, image, window) for window in windows]
    found = concatenate(parts) if parts else Detections.empty()
    found = found[suppress(found.boxes, found.scores, iou)]
    return found[np.flatnonzero(~is_part(found.boxes, found.scores))]


def _search(detector: FaceDetector, image: Image, window: Window) -> Detections:
    """The faces that one window shows whole."""
    height, width = image.shape[:2]
    part = image[window.y : window.y + window.side, window.x : window.x + window.side]
    if not part.size:
        return Detections.empty()
    found = shift(_at_scale(detector, part, window.pixels / window.side), window.x, window.y)
    edges = (window.x, window.y, window.x + part.shape[1], window.y + part.shape[0])
    return found[np.flatnonzero(~ends_at_inner_border(found.boxes, edges, (width, height)))]


def _at_scale(detector: FaceDetector, image: Image, scale: float) -> Detections:
    if scale == 1:
        return detector.detect(image)
    height, width = image.shape[:2]
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    resized = np.asarray(cv2.resize(np.ascontiguousarray(image), size, interpolation=interpolation), np.uint8)
    return rescale(detector.detect(resized), width / size[0], height / size[1])


def shift(found: Detections, x: int, y: int) -> Detections:
    """The same faces, `x` pixels further right and `y` further down."""
    offset = np.array([x, y], np.float32)
    landmarks = None if found.landmarks is None else found.landmarks + offset
    return Detections(found.boxes + np.tile(offset, 2), found.scores, landmarks)


def ends_at_inner_border(boxes: Float32, window: tuple[int, int, int, int], size: tuple[int, int]) -> Mask:
    """Which boxes (N,4) end at a border of the window (x1, y1, x2, y2) that is not also the picture's (its size)."""
    x1, y1, x2, y2 = window
    touching = np.zeros(len(boxes), np.bool_)
    if x1 > 0:
        touching |= boxes[:, 0] < x1 + BORDER_PX
    if y1 > 0:
        touching |= boxes[:, 1] < y1 + BORDER_PX
    if x2 < size[0]:
        touching |= boxes[:, 2] > x2 - BORDER_PX
    if y2 < size[1]:
        touching |= boxes[:, 3] > y2 - BORDER_PX
    return touching


def concatenate(parts: Sequence[Detections]) -> Detections:
    """All faces of one or more results; landmarks only where every result has them."""
    landmarks = [part.landmarks for part in parts if part.landmarks is not None]
    return Detections(
        np.concatenate([part.boxes for part in parts]),
        np.concatenate([part.scores for part in parts]),
        np.concatenate(landmarks) if len(landmarks) == len(parts) else None,
    )
