"""Cuts aligned chips at the model's own size; resampling twice, through 112 pixels, would cost a small face its detail.

A face larger than its chip is drawn at a whole multiple of the chip's size and averaged down: `cv2.warpAffine` reads
four pixels however far it shrinks, and so it aliases (figures: docs/benchmarks.md).
"""

import math

import cv2
import numpy as np

from detectors.arrays import AnyFloat, Float32, Float64, Image
from recognizer.spec import ChipSpec

__all__ = ["box_landmarks", "cut_chip", "cut_chip_from_box", "similarity"]

MAX_DRAWN_PX = 2048  # side of the enlarged drawing; a face over 18 times the size of a 112-pixel chip aliases a little
MIN_SPREAD = 0.05  # landmarks narrower than this share of their length lie on a line
_PIXEL_CENTRE = 0.5  # detectors put (0, 0) at the corner of the first pixel, OpenCV at its centre


def cut_chip(image: Image, landmarks: Float32, spec: ChipSpec) -> Image:
    """Cut one BGR uint8 (S,S,3) chip from a BGR uint8 (H,W,3) image.

    landmarks: float32 (5,2) x y in image pixels as detectors give them, corner of the first pixel at (0, 0); they may
    lie outside the image. What lies outside is black, as in the chips recognisers are trained on.

    Raises ValueError for landmarks that are not finite, coincide or lie on a line, or when none of the chip is inside.
    """
    _check_image(image)
    transform = similarity(_checked(landmarks) - _PIXEL_CENTRE, np.asarray(spec.template, np.float64))
    return _draw(image, transform, spec.size)


def cut_chip_from_box(image: Image, box: Float32, spec: ChipSpec) -> Image:
    """Cut a chip by a face box, float32 (4,) x1 y1 x2 y2 as detectors give it, for detectors without landmarks.

    It assumes an upright face, and is less accurate than landmarks. Raises ValueError for a box that is empty, not
    finite or outside the image.
    """
    return cut_chip(image, box_landmarks(box), spec)


def box_landmarks(box: Float32) -> Float32:
    """The five landmarks of an upright face in a box, float32 (5,2), on average over many detected faces."""
    x1, y1, x2, y2 = (float(value) for value in box)
    if not (math.isfinite(x1 + y1 + x2 + y2) and x2 > x1 and y2 > y1):
        raise ValueError(f"box: expected finite x1 < x2 and y1 < y2, got {[x1, y1, x2, y2]}")
    points: Float32 = (np.array([x1, y1]) + np.array(BOX_POINTS) * np.array([x2 - x1, y2 - y1])).astype(np.float32)
    return points


def similarity(points: AnyFloat, template: AnyFloat) -> Float64:
    """The similarity transform (2,3) (rotation, scale, shift, no mirroring) from points (5,2) to the template.

    Least squares (Umeyama, PAMI 1991), which in the plane is one complex division: template ≈ a · point + b.
    `cv2.estimateAffinePartial2D` would not do: its RANSAC and LMedS discard landmarks, and a 12-pixel face needs all
    five.
    """
    source, target = points @ [1, 1j], template @ [1, 1j]
    centred = source - source.mean()
    a = np.vdot(centred, target - target.mean()) / np.vdot(centred, centred)
    b = target.mean() - a * source.mean()
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])


# Shares of the box's width and height: medians over YuNet's faces, made symmetric.
BOX_POINTS: tuple[tuple[float, float], ...] = ((0.28, 0.40), (0.72, 0.40), (0.50, 0.60), (0.32, 0.75), (0.68, 0.75))


def _draw(image: Image, transform: Float64, size: int) -> Image:
    scale = float(np.hypot(transform[0, 0], transform[1, 0]))  # chip pixels per image pixel
    _check_inside(image, transform, size)
    times = max(1, min(math.ceil(1 / scale - 1e-6), MAX_DRAWN_PX // size))
    enlarged = transform * times
    enlarged[:, 2] += (times - 1) / 2  # the centre of a block of pixels is the centre of its chip pixel
    drawn = cv2.warpAffine(
        image,
        enlarged,
        (size * times, size * times),
        flags=cv2.INTER_LINEAR if times > 1 else cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(0, 0, 0),
    )
    chip = drawn if times == 1 else cv2.resize(drawn, (size, size), interpolation=cv2.INTER_AREA)
    return np.asarray(chip, np.uint8)


def _checked(landmarks: Float32) -> Float64:
    points = np.asarray(landmarks, np.float64)
    if points.shape != (5, 2):
        raise ValueError(f"landmarks: expected (5, 2), got {points.shape}")
    if not np.isfinite(points).all() or np.abs(points).max() > 1e6:
        raise ValueError(f"landmarks: expected finite pixels, got {points.tolist()}")
    longest, shortest = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    if longest < 1 or shortest < MIN_SPREAD * longest:
        raise ValueError(f"landmarks: expected five points spread over a face, got {points.round(1).tolist()}")
    return points


def _check_image(image: Image) -> None:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or 0 in image.shape:
        raise ValueError(f"image: expected BGR uint8 (H, W, 3), got {image.dtype} {image.shape}")


def _check_inside(image: Image, transform: Float64, size: int) -> None:
    corners = np.array([[0, 0, 1], [size, 0, 1], [0, size, 1], [size, size, 1]]) - [0.5, 0.5, 0]
    seen = corners @ cv2.invertAffineTransform(transform).T
    height, width = image.shape[:2]
    low, high = seen.min(axis=0), seen.max(axis=0)
    if high[0] < 0 or high[1] < 0 or low[0] > width - 1 or low[1] > height - 1:
        raise ValueError(
            f"landmarks: expected a face in the {width}x{height} image, got one at {seen.round().tolist()}"
        )
