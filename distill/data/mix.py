"""Function matching: a face is blended with another, warped and recoloured before teacher and student both see it.

The surprising decision: nobody's identity is kept. The teacher says where the new face lies, so data has no end (Beyer
et al., "Knowledge distillation: A good teacher is patient and consistent", CVPR 2022).
"""

import cv2
import numpy as np

from detectors.arrays import Image, Index
from distill.config import MixSettings

GRID = 5  # control points a side of the smooth warp


def mix(faces: Image, keep: Index, settings: MixSettings, rng: np.random.Generator) -> Image:
    """One new face, BGR uint8 (S,S,3), from a store (N,S,S,3) and the indices of usable rows."""
    first, second = faces[rng.choice(keep, 2)]
    face = first
    if rng.random() < settings.flip:
        face = face[:, ::-1]
    if rng.random() < settings.blend:
        face = blend(face, second, rng)
    if rng.random() < settings.warp:
        face = warp(face, settings.warp_px, rng)
    if rng.random() < settings.colour:
        face = recolour(face, rng)
    return np.ascontiguousarray(face)


def blend(first: Image, second: Image, rng: np.random.Generator) -> Image:
    """Two aligned faces in one, (S,S,3): one share for the whole face, or a mask that moves smoothly from one to the
    other (the eyes of one with the mouth of the other)."""
    if rng.random() < 0.5:
        share = float(rng.uniform(0.2, 0.8))
        return np.asarray(cv2.addWeighted(first, share, second, 1 - share, 0), np.uint8)
    side = first.shape[0]
    coarse = rng.uniform(-0.5, 1.5, (3, 3)).astype(np.float32)
    mask = np.clip(cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC), 0, 1)[..., None]
    return np.asarray(second + (first.astype(np.float32) - second) * mask, np.uint8)


def warp(face: Image, amount: float, rng: np.random.Generator) -> Image:
    """A smooth random displacement of `amount` pixels standard deviation at the control points; borders repeat."""
    side = face.shape[0]
    coarse = rng.normal(0, amount, (2, GRID, GRID)).astype(np.float32)
    x, y = (cv2.resize(plane, (side, side), interpolation=cv2.INTER_CUBIC) for plane in coarse)
    steps = np.arange(side, dtype=np.float32)
    moved = cv2.remap(face, x + steps[None, :], y + steps[:, None], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)


def recolour(face: Image, rng: np.random.Generator) -> Image:
    """Contrast, brightness and a cast for each channel, by a table of 256 values."""
    gain = rng.normal(1, 0.15) * rng.normal(1, 0.06, 3)
    shift = rng.normal(0, 12) + rng.normal(0, 5, 3)
    curve = (np.arange(256) / 255.0) ** np.exp(rng.normal(0, 0.2)) * 255
    table = np.clip((curve[:, None] - 128) * gain + 128 + shift, 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(face, table[None]), np.uint8)
