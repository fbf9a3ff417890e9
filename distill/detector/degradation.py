"""Degrades training pictures as cameras do: light, defocus, motion, noise, JPEG. H.264 is applied per batch (dataset).

Four in ten pictures stay nearly as they are. The test shrinks sharp photographs and good cameras are sharp too; a
detector that has only seen degraded pictures takes sharp texture for faces.
"""

import cv2
import numpy as np
import torch

from detectors.arrays import Float32, Image
from distill.data.degrade import blur_motion, compress_jpeg
from distill.data.infrared import infrared
from distill.detector.config import PictureSettings

MIN_FACE_PX = 7.0  # face height below which a picture is not shrunk further: nothing would be left to learn
ENLARGEMENTS = (cv2.INTER_LINEAR, cv2.INTER_CUBIC)


def degrade_picture(image: Image, settings: PictureSettings, rng: np.random.Generator) -> Image:
    """A picture (S,S,3) with each degradation at its configured probability."""
    if rng.random() < settings.infrared:
        image = show_infrared(image, rng)
    if rng.random() < settings.light:
        image = change_light(image, rng)
    if rng.random() < settings.blur:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.3, 1.1))), np.uint8)
    if rng.random() < settings.motion:
        image = blur_motion(image, float(rng.uniform(1.5, 4)), float(rng.uniform(0, np.pi)))
    if rng.random() < settings.noise:
        image = add_noise(image, rng)
    if rng.random() < settings.jpeg:
        image = compress_jpeg(image, quality=int(rng.integers(35, 95)))
    return image


def downscale(image: Image, smallest_face: float, rng: np.random.Generator) -> Image:
    """A picture (S,S,3) shrunk and enlarged again; its smallest face, in pixels, keeps MIN_FACE_PX when small."""
    lowest = max(0.2, MIN_FACE_PX / smallest_face)
    if lowest >= 0.9:
        return image
    side = image.shape[0]
    small = round(side * float(rng.uniform(lowest, 0.9)))
    shrunk = cv2.resize(image, (small, small), interpolation=cv2.INTER_AREA)
    enlargement = ENLARGEMENTS[rng.integers(len(ENLARGEMENTS))]
    return np.asarray(cv2.resize(shrunk, (side, side), interpolation=enlargement), np.uint8)


def show_infrared(image: Image, rng: np.random.Generator) -> Image:
    """A grey picture as a camera gives it at night by its own infrared lamp."""
    rgb = torch.from_numpy(image[..., ::-1].copy()).permute(2, 0, 1)[None].float()
    grey = infrared(rgb, torch.Generator().manual_seed(int(rng.integers(2**31))))
    return np.ascontiguousarray(grey[0].permute(1, 2, 0).numpy().astype(np.uint8))


def change_light(image: Image, rng: np.random.Generator) -> Image:
    """Change gamma, gain and tint; sometimes to night, to light from one side, or to grey."""
    values = image.astype(np.float32) / 255
    night = rng.random() < 0.25
    values = values ** np.float32(np.exp(rng.normal(0.5 if night else 0, 0.3)))
    gain = rng.uniform(0.25, 0.6) if night else rng.uniform(0.7, 1.25)
    values *= (gain * np.exp(rng.normal(0, 0.05, 3))).astype(np.float32)
    if rng.random() < 0.15:
        values *= _light_gradient(image.shape[0], rng)
    if rng.random() < 0.08:
        values[:] = values.mean(axis=2, keepdims=True)
    return np.asarray(np.clip(values * 255, 0, 255), np.uint8)


def _light_gradient(side: int, rng: np.random.Generator) -> Float32:
    """A smooth gain across the picture, (S,S,1), in a random direction."""
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[:side, :side] / side - 0.5
    slope = x * np.cos(angle) + y * np.sin(angle)
    return np.asarray(np.exp(slope * rng.uniform(0.5, 1.8))[..., None], np.float32)


def add_noise(image: Image, rng: np.random.Generator) -> Image:
    """Add sensor noise: photon noise, which grows with the light, and read noise."""
    photon, read = rng.uniform(0, 0.4), rng.uniform(0, 7)
    deviation = np.sqrt(photon**2 * image.astype(np.float32) + read**2)
    noisy = image + rng.standard_normal(image.shape, np.float32) * deviation
    return np.asarray(np.clip(noisy, 0, 255), np.uint8)
