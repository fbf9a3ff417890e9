"""How much boxes overlap. Boxes are (N,4) as x1 y1 x2 y2."""

import numpy as np

from detectors.arrays import AnyFloat, Float32

_MIN_AREA = 1e-6  # keeps boxes without area from dividing by zero


def box_iou(boxes: AnyFloat, others: AnyFloat) -> Float32:
    """Intersection over union of each box (N,4) with each other (M,4): float32 (N,M)."""
    common = _common(boxes, others)
    union = _area(boxes)[:, None] + _area(others) - common
    return np.asarray(common / np.maximum(union, _MIN_AREA), np.float32)


def max_share_inside(boxes: AnyFloat, others: AnyFloat) -> Float32:
    """The largest share of each box (N,4) that lies within one of `others` (M,4): float32 (N,), 0 where M is 0."""
    shared = _common(boxes, others).max(axis=1, initial=0)
    return np.asarray(shared / np.maximum(_area(boxes), _MIN_AREA), np.float32)


def _common(boxes: AnyFloat, others: AnyFloat) -> AnyFloat:
    """Pixels that each box shares with each other: (N,M)."""
    low = np.maximum(boxes[:, None, :2], others[:, :2])
    high = np.minimum(boxes[:, None, 2:], others[:, 2:])
    return np.asarray(np.prod(np.clip(high - low, 0, None), axis=2))


def _area(boxes: AnyFloat) -> AnyFloat:
    return np.asarray(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1))
