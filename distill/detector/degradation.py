"""What cameras do to a picture: night, backlight, tint, blur, motion, noise, JPEG. H.264 is done to a batch at once.

The surprising decision: four in ten pictures come through nearly untouched. The test shrinks sharp photographs, good
cameras do too, and a detector that has only seen foul weather calls every sharp texture a face.
"""

import cv2
import numpy as np

from detectors.arrays import Float32, Image
from distill.data.degrade import blur_motion, compress_jpeg
from distill.detector.config import PictureSettings

LEAST = 7.0  # pixels of a face's height: with less there is nothing to learn
SOFT = (cv2.INTER_LINEAR, cv2.INTER_CUBIC)


def weathered(image: Image, settings: PictureSettings, rng: np.random.Generator) -> Image:
    """The picture (S,S,3) after whatever the dice say."""
    if rng.random() < settings.light:
        image = lit(image, rng)
    if rng.random() < settings.blur:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.3, 1.1))), np.uint8)
    if rng.random() < settings.motion:
        image = blur_motion(image, float(rng.uniform(1.5, 4)), float(rng.uniform(0, np.pi)))
    if rng.random() < settings.noise:
        image = noisy(image, rng)
    if rng.random() < settings.jpeg:
        image = compress_jpeg(image, quality=int(rng.integers(35, 95)))
    return image


def softened(image: Image, smallest: float, rng: np.random.Generator) -> Image:
    """The picture (S,S,3) with the detail of a smaller one, in which its smallest face still has LEAST pixels."""
    lowest = max(0.2, LEAST / smallest)
    if lowest >= 0.9:
        return image
    side = image.shape[0]
    small = round(side * float(rng.uniform(lowest, 0.9)))
    shrunk = cv2.resize(image, (small, small), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(shrunk, (side, side), interpolation=SOFT[rng.integers(len(SOFT))]), np.uint8)


def lit(image: Image, rng: np.random.Generator) -> Image:
    """Gain, contrast, gamma and tint; sometimes night, sometimes a bright side, sometimes no colour."""
    values = image.astype(np.float32) / 255
    night = rng.random() < 0.15
    values = values ** np.float32(np.exp(rng.normal(0.5 if night else 0, 0.3)))
    gain = rng.uniform(0.25, 0.6) if night else rng.uniform(0.7, 1.25)
    values *= (gain * np.exp(rng.normal(0, 0.05, 3))).astype(np.float32)
    if rng.random() < 0.15:
        values *= _bright_side(image.shape[0], rng)
    if rng.random() < 0.08:
        values[:] = values.mean(axis=2, keepdims=True)
    return np.asarray(np.clip(values * 255, 0, 255), np.uint8)


def _bright_side(side: int, rng: np.random.Generator) -> Float32:
    """A smooth slope of light over the picture, (S,S,1)."""
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[:side, :side] / side - 0.5
    slope = x * np.cos(angle) + y * np.sin(angle)
    return np.asarray(np.exp(slope * rng.uniform(0.5, 1.8))[..., None], np.float32)


def noisy(image: Image, rng: np.random.Generator) -> Image:
    """Sensor noise: half of it from the light, half from reading."""
    photon, read = rng.uniform(0, 0.4), rng.uniform(0, 7)
    spread = np.sqrt(photon**2 * image.astype(np.float32) + read**2)
    shaken = image + rng.standard_normal(image.shape, np.float32) * spread
    return np.asarray(np.clip(shaken, 0, 255), np.uint8)
