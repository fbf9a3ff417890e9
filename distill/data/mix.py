"""Synthetic faces for function matching: blends of two faces, warped and recoloured, which the teacher labels.

A synthetic face needs no identity, because its target is the teacher's feature; so there is no limit to their number
(Beyer et al., "Knowledge distillation: A good teacher is patient and consistent", CVPR 2022).
"""

import cv2
import numpy as np

from detectors.arrays import Chips, Image, Index
from distill.config import MixSettings

GRID = 5  # control points per side of a warp


def mix(faces: Chips, usable: Index, settings: MixSettings, rng: np.random.Generator) -> Image:
    """Make one synthetic face BGR uint8 (S,S,3) from the faces (N,S,S,3) at the rows `usable`."""
    first, second = faces[rng.choice(usable, 2)]
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
    """Blend two aligned faces (S,S,3), at random with one weight for the whole face or with a smooth mask (for
    example the eyes of one face and the mouth of the other)."""
    if rng.random() < 0.5:
        weight = float(rng.uniform(0.2, 0.8))
        return np.asarray(cv2.addWeighted(first, weight, second, 1 - weight, 0), np.uint8)
    side = first.shape[0]
    coarse = rng.uniform(-0.5, 1.5, (3, 3)).astype(np.float32)
    mask = np.clip(cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC), 0, 1)[..., None]
    return np.asarray(second + (first.astype(np.float32) - second) * mask, np.uint8)


def warp(face: Image, spread_px: float, rng: np.random.Generator) -> Image:
    """Displace the pixels of a face (S,S,3) smoothly at random. spread_px: standard deviation at the control points."""
    side = face.shape[0]
    coarse = rng.normal(0, spread_px, (2, GRID, GRID)).astype(np.float32)
    x, y = (cv2.resize(plane, (side, side), interpolation=cv2.INTER_CUBIC) for plane in coarse)
    steps = np.arange(side, dtype=np.float32)
    moved = cv2.remap(face, x + steps[None, :], y + steps[:, None], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)


def recolour(face: Image, rng: np.random.Generator) -> Image:
    """Change contrast, brightness, gamma and colour cast of a face (S,S,3) at random, by a lookup table."""
    gain = rng.normal(1, 0.15) * rng.normal(1, 0.06, 3)
    shift = rng.normal(0, 12) + rng.normal(0, 5, 3)
    curve = (np.arange(256) / 255.0) ** np.exp(rng.normal(0, 0.2)) * 255
    table = np.clip((curve[:, None] - 128) * gain + 128 + shift, 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(face, table[None]), np.uint8)
