"""What labelled frames become: soft, dark, compressed and infrared, each by itself, the boxes unchanged."""

from collections.abc import Callable

import cv2
import numpy as np

from detectors.arrays import Float32, Image

SOFT_FACTOR = 0.6  # of the size, and back
DARK_GAMMA, DARK_GAIN, DARK_NOISE = 1.6, 0.35, 4.0  # noise in grey levels
JPEG_QUALITY = 25
INFRARED_NOISE = 6.0


def soften(image: Image) -> Image:
    """The frame shrunk and enlarged again."""
    height, width = image.shape[:2]
    small = cv2.resize(image, None, fx=SOFT_FACTOR, fy=SOFT_FACTOR, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def darken(image: Image) -> Image:
    """The frame at dusk, with sensor noise."""
    light = 255 * DARK_GAIN * (image.astype(np.float32) / 255) ** DARK_GAMMA
    return _with_noise(light.astype(np.float32), DARK_NOISE)


def compress(image: Image) -> Image:
    """The frame as a strongly compressed JPEG."""
    _, data = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY))
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def to_infrared(image: Image) -> Image:
    """A grey frame from the red channel, in which skin is bright as under infrared light, with noise."""
    return _with_noise(np.repeat(image[..., 2:], 3, axis=2).astype(np.float32), INFRARED_NOISE, channels=1)


def _with_noise(values: Float32, deviation: float, channels: int = 3) -> Image:
    noise = np.random.default_rng(0).normal(0, deviation, (*values.shape[:2], channels)).astype(np.float32)
    return np.asarray(np.clip(values + noise, 0, 255), np.uint8)


CONDITIONS: dict[str, Callable[[Image], Image]] = {
    "as it is": lambda image: image,
    "soft": soften,
    "dark": darken,
    "compressed": compress,
    "infrared": to_infrared,
}
