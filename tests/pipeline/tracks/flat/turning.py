"""Chips of a made face as a plane or a head that turns, in front of a camera far away."""

import cv2
import numpy as np

from detectors.arrays import Float32, Image

SIDE = 112


def texture(seed: int = 0) -> Float32:
    """Blobs of about the size of eyes and lips."""
    random = np.random.default_rng(seed).normal(0, 1, (SIDE, SIDE)).astype(np.float32)
    soft = cv2.GaussianBlur(random, (0, 0), 6)
    return np.clip(128 + 45 * soft / soft.std(), 0, 255).astype(np.float32)


def warp(picture: Float32, columns: Float32, rows: Float32, *, noise: float = 2.0) -> Image:
    seen = cv2.remap(picture, columns.astype(np.float32), rows.astype(np.float32), cv2.INTER_LINEAR)
    noisy = seen + np.random.default_rng(int(columns.sum()) % 1000).normal(0, noise, seen.shape)
    return np.repeat(np.clip(noisy, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def turned_plane(picture: Float32, angle: float) -> Image:
    rows, columns = np.mgrid[0:SIDE, 0:SIDE] - (SIDE - 1) / 2
    return warp(picture, columns / np.cos(angle) + (SIDE - 1) / 2, rows + (SIDE - 1) / 2)


def turned_head(picture: Float32, angle: float) -> Image:
    rows, columns = np.mgrid[0:SIDE, 0:SIDE] - (SIDE - 1) / 2
    depth = 52 * np.sqrt(np.clip(1 - (columns / 44) ** 2 - np.abs(rows / 66) ** 3, 0, 1))
    return warp(picture, columns + (depth - depth.mean()) * np.tan(angle) + (SIDE - 1) / 2, rows + (SIDE - 1) / 2)
