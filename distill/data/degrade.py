"""What makes a sharp face a small one: misalignment, blur, random kernels, noise, gamma, JPEG and H.264.

The surprising decision: half of all views are shrunk by area alone. It is what serving does with a sharp frame, and a
student that only knows harsh views gives away points on the easy ones.
"""

import cv2
import numpy as np

from detectors.arrays import Image
from distill.config import DegradeSettings
from distill.data.codec import compress_h264

OVERSAMPLING = 3  # a view is drawn at this many times its size and then shrunk, as serving does (recognizer/chips.py)
GAMMA_TABLES = (((np.arange(256) / 255) ** np.linspace(0.5, 2, 64)[:, None]) * 255).astype(np.uint8)
INTERPOLATIONS = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)


def degrade(masters: Image, size: int, settings: DegradeSettings, rng: np.random.Generator) -> Image:
    """One new view (N,size,size,3) uint8 of each sharp face (N,M,M,3) uint8."""
    views = np.asarray([_view(master, size, settings, rng) for master in masters], np.uint8)
    if settings.h264 and rng.random() < settings.h264:  # a whole batch at once: one frame holds all its chips
        return compress_h264(views, quality=int(rng.integers(23, 38)))
    return views


def _view(master: Image, size: int, settings: DegradeSettings, rng: np.random.Generator) -> Image:
    face = misalign(master, min(master.shape[0], OVERSAMPLING * size), settings, rng)
    if rng.random() < settings.area_only:
        return _resized(face, size, cv2.INTER_AREA)
    pixels = size if rng.random() < settings.native_size else rng.uniform(settings.from_px, settings.to_px)
    face = apply_optics(face, pixels, settings, rng)
    small = _resized(face, max(4, round(pixels)), INTERPOLATIONS[rng.integers(len(INTERPOLATIONS))])
    return _resized(apply_sensor(small, settings, rng), size, INTERPOLATIONS[rng.integers(len(INTERPOLATIONS))])


def misalign(face: Image, side: int, settings: DegradeSettings, rng: np.random.Generator) -> Image:
    """Draw (M,M,3) at `side` pixels, shifted, scaled and rotated about its middle as landmarks that are a little off
    would have it, and mirrored half of the time: all in one warp, which is most of what a view costs."""
    dx, dy, ds, turn = rng.standard_normal(4)
    angle, scale = np.deg2rad(turn * settings.rotate_degrees), np.exp(ds * settings.scale) * side / face.shape[0]
    a, b, before, after = scale * np.cos(angle), scale * np.sin(angle), (face.shape[0] - 1) / 2, (side - 1) / 2
    x = after - a * before + b * before + dx * settings.shift * side
    y = after - b * before - a * before + dy * settings.shift * side
    matrix = np.array([[a, -b, x], [b, a, y]])
    if rng.random() < 0.5:
        matrix[0] = -matrix[0]
        matrix[0, 2] += side - 1
    moved = cv2.warpAffine(face, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)


def apply_optics(face: Image, pixels: float, settings: DegradeSettings, rng: np.random.Generator) -> Image:
    """What happens before the sensor: defocus and motion, both in proportion to the final pixel."""
    pitch = face.shape[0] / pixels  # drawn pixels per final pixel
    if rng.random() < settings.blur:
        face = np.asarray(cv2.GaussianBlur(face, (0, 0), pitch * float(rng.uniform(0.2, 0.9))), np.uint8)
    if rng.random() < settings.motion:
        face = blur_motion(face, pitch * float(rng.uniform(0.5, 2.5)), float(rng.uniform(0, np.pi)))
    return face


def blur_motion(face: Image, length: float, angle: float) -> Image:
    """Average (S,S,3) along a line of `length` pixels at `angle` radians."""
    side = max(3, int(np.ceil(length)) | 1)
    kernel = np.zeros((side, side), np.float32)
    reach, middle = length / 2, side // 2
    steps = np.linspace(-reach, reach, 4 * side)
    x, y = (np.clip(np.rint(middle + steps * turn), 0, side - 1).astype(int) for turn in (np.cos(angle), np.sin(angle)))
    np.add.at(kernel, (y, x), 1)
    return np.asarray(cv2.filter2D(face, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE), np.uint8)


def apply_sensor(small: Image, settings: DegradeSettings, rng: np.random.Generator) -> Image:
    """What happens at and after the sensor, at the final resolution: gamma, noise, JPEG."""
    if rng.random() < settings.gamma:
        small = GAMMA_TABLES[rng.integers(len(GAMMA_TABLES))][small]
    if rng.random() < settings.noise:
        # Photon noise grows with the root of the light, read noise does not.
        photon, read = rng.uniform(0, 0.5), rng.uniform(0, 6)
        spread = np.sqrt(photon**2 * small.astype(np.float32) + read**2)
        noisy = small + rng.standard_normal(small.shape, np.float32) * spread
        small = np.clip(noisy, 0, 255).astype(np.uint8)
    if rng.random() < settings.jpeg:
        small = compress_jpeg(small, quality=int(rng.integers(35, 95)))
    return small


def compress_jpeg(image: Image, *, quality: int) -> Image:
    """(H,W,3) after JPEG at this quality."""
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def _resized(image: Image, size: int, kernel: int) -> Image:
    if image.shape[0] == size:
        return image
    return np.asarray(cv2.resize(image, (size, size), interpolation=kernel), np.uint8)
