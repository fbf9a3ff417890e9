"""From chips to a network's input, and from its output to unit vectors; for serving, teachers and the export."""

import numpy as np

from detectors.arrays import AnyFloat, Chips, Float32
from recognizer.spec import ChipSpec

MIN_LENGTH = 1e-6  # a shorter vector has no direction


def to_planes(chips: Chips, spec: ChipSpec, *, exact: bool = False) -> Float32:
    """The input of a recogniser for BGR uint8 (N,S,S,3) chips: float32 (N,3,S,S), `(pixel - mean) / std` per channel,
    channels in the order of `spec.color`.

    exact: divide by std, as torch does in training; serving multiplies by 1 / std, whose last bit rounds differently.
    """
    ordered = chips if spec.color == "BGR" else chips[..., ::-1]
    mean, std = np.asarray(spec.mean, np.float32), np.asarray(spec.std, np.float32)
    scaled = (ordered - mean) / std if exact else (ordered - mean) * (1 / std)
    return np.ascontiguousarray(scaled.transpose(0, 3, 1, 2), np.float32)


def l2_normalise(vectors: AnyFloat) -> Float32:
    """Rows (N,D) scaled to length 1. A row without a finite direction becomes zero, so it matches nobody."""
    with np.errstate(over="ignore", invalid="ignore"):
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        good = np.isfinite(lengths) & (lengths > MIN_LENGTH)
        return np.where(good, vectors / np.where(good, lengths, 1), 0).astype(np.float32)
