"""Turns sharp faces into low-resolution training samples: misalignment, blur, resampling, noise, gamma, JPEG, H.264.

By default half of the samples are only shrunk by area, as serving shrinks a sharp frame. A student that is trained on
degraded faces alone loses accuracy on clean ones.
"""

from functools import cache

import cv2
import msgspec
import numpy as np
import torch
from torch import Tensor

from detectors.arrays import Chips, Image
from distill.config import DegradeSettings
from distill.data.codec import compress_h264
from distill.data.detector_errors import draw_misalignments
from distill.data.footage import Footage
from distill.data.infrared import grey_some, infrared_some

OVERSAMPLING = 3  # a face is warped at this many times its final size, as in serving (recognizer/chips.py)
GAMMA_TABLES = (((np.arange(256) / 255) ** np.linspace(0.5, 2, 64)[:, None]) * 255).astype(np.uint8)
INTERPOLATIONS = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)


def degrade(masters: Chips, size: int, settings: DegradeSettings, rng: np.random.Generator) -> Chips:
    """Return one random degraded chip, uint8 (N,size,size,3), of each sharp face, uint8 (N,M,M,3)."""
    if settings.grey or settings.infrared or settings.footage:
        return _degrade_switched(masters, size, settings, rng)
    chips = np.asarray([_degrade_one(master, size, settings, rng) for master in masters], np.uint8)
    if settings.h264 and rng.random() < settings.h264:  # the whole batch or none: one frame holds all its chips
        return compress_h264(chips, quality=int(rng.integers(23, 38)))
    return chips


def _degrade_switched(masters: Chips, size: int, settings: DegradeSettings, rng: np.random.Generator) -> Chips:
    """The same with grey, infrared and footage, which work on tensors."""
    generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
    faces = torch.from_numpy(np.ascontiguousarray(masters[..., ::-1].transpose(0, 3, 1, 2))).float()
    faces = infrared_some(grey_some(faces, settings.grey, generator), settings.infrared, generator).round()
    filmed = rng.random(len(masters)) < settings.footage
    chips = np.zeros((len(masters), size, size, 3), np.uint8)
    if filmed.any():
        footage = _footage(size, masters.shape[1], settings)
        chips[filmed] = to_chips(footage(faces[torch.from_numpy(filmed)], generator))
    plain = msgspec.structs.replace(settings, grey=0.0, infrared=0.0, footage=0.0)
    chips[~filmed] = degrade(to_chips(faces)[~filmed], size, plain, rng)
    return chips


@cache
def _footage(size: int, face_side: int, settings: DegradeSettings) -> Footage:
    return Footage(size, face_side, settings, seed=size, device="cpu")


def to_chips(images: Tensor) -> Chips:
    """Convert RGB of 0..255, (N,3,S,S), to BGR uint8 (N,S,S,3)."""
    planes = images.clamp(0, 255).to(torch.uint8).numpy()
    return np.ascontiguousarray(planes[:, ::-1].transpose(0, 2, 3, 1))


def _degrade_one(master: Image, size: int, settings: DegradeSettings, rng: np.random.Generator) -> Image:
    face = misalign(master, min(master.shape[0], OVERSAMPLING * size), settings, rng)
    kind = rng.random()
    if kind < settings.area_only:
        return _resize(face, size, cv2.INTER_AREA)
    if kind < settings.area_only + settings.enlarged:
        pixels = round(rng.uniform(settings.enlarged_from_px, settings.enlarged_to_px))
        return _resize(_resize(face, pixels, cv2.INTER_AREA), size, cv2.INTER_CUBIC)
    height = size if rng.random() < settings.native_size else rng.uniform(settings.from_px, settings.to_px)
    face = apply_optics(face, height, settings, rng)
    small = _resize(face, max(4, round(height)), INTERPOLATIONS[rng.integers(len(INTERPOLATIONS))])
    return _resize(apply_sensor(small, settings, rng), size, INTERPOLATIONS[rng.integers(len(INTERPOLATIONS))])


def misalign(face: Image, side: int, settings: DegradeSettings, rng: np.random.Generator) -> Image:
    """Resample a face (M,M,3) to (side,side,3) with the shift, scale and rotation of inaccurate landmarks, mirrored
    with probability one half. One warp does all of it: warps take most of the time of a sample."""
    dx, dy, log_size, degrees = _draw_misalignment(side, settings, rng)
    angle, scale = np.deg2rad(degrees), np.exp(log_size) * side / face.shape[0]
    a, b = scale * np.cos(angle), scale * np.sin(angle)
    old_centre, new_centre = (face.shape[0] - 1) / 2, (side - 1) / 2
    x = new_centre - a * old_centre + b * old_centre + dx * side
    y = new_centre - b * old_centre - a * old_centre + dy * side
    matrix = np.array([[a, -b, x], [b, a, y]])
    if rng.random() < 0.5:
        matrix[0] = -matrix[0]
        matrix[0, 2] += side - 1
    moved = cv2.warpAffine(face, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)


def _draw_misalignment(side: int, settings: DegradeSettings, rng: np.random.Generator) -> list[float]:
    """Shifts as shares of the side, logarithm of the size, and rotation in degrees."""
    if settings.detector_alignment and rng.random() < settings.detector_alignment:
        generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
        pixels = torch.tensor([float(rng.uniform(settings.from_px, settings.to_px))])
        return list(draw_misalignments(pixels, generator)[0].tolist())
    dx, dy, ds, turn = rng.standard_normal(4)
    return [dx * settings.shift, dy * settings.shift, ds * settings.scale, turn * settings.rotate_degrees]


def apply_optics(face: Image, pixels: float, settings: DegradeSettings, rng: np.random.Generator) -> Image:
    """Apply defocus and motion blur to a face (S,S,3) that will be `pixels` wide on the sensor."""
    pitch = face.shape[0] / pixels  # pixels of `face` per pixel of the sensor
    if rng.random() < settings.blur:
        face = np.asarray(cv2.GaussianBlur(face, (0, 0), pitch * float(rng.uniform(0.2, 0.9))), np.uint8)
    if rng.random() < settings.motion:
        face = blur_motion(face, pitch * float(rng.uniform(0.5, 2.5)), float(rng.uniform(0, np.pi)))
    return face


def blur_motion(face: Image, length: float, angle: float) -> Image:
    """Average an image (H,W,3) along a line of `length` pixels at `angle` radians."""
    side = max(3, int(np.ceil(length)) | 1)
    kernel = np.zeros((side, side), np.float32)
    middle, steps = side // 2, np.linspace(-length / 2, length / 2, 4 * side)
    x, y = (np.clip(np.rint(middle + steps * turn), 0, side - 1).astype(int) for turn in (np.cos(angle), np.sin(angle)))
    np.add.at(kernel, (y, x), 1)
    return np.asarray(cv2.filter2D(face, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE), np.uint8)


def apply_sensor(small: Image, settings: DegradeSettings, rng: np.random.Generator) -> Image:
    """Apply gamma, sensor noise and JPEG to an image (S,S,3) at its final resolution."""
    if rng.random() < settings.gamma:
        small = GAMMA_TABLES[rng.integers(len(GAMMA_TABLES))][small]
    if rng.random() < settings.noise:
        # Photon noise grows with the square root of the brightness; read noise is constant.
        photon, read = rng.uniform(0, 0.5), rng.uniform(0, 6)
        spread = np.sqrt(photon**2 * small.astype(np.float32) + read**2)
        noisy = small + rng.standard_normal(small.shape, np.float32) * spread
        small = np.clip(noisy, 0, 255).astype(np.uint8)
    if rng.random() < settings.jpeg:
        small = compress_jpeg(small, quality=int(rng.integers(35, 95)))
    return small


def compress_jpeg(image: Image, *, quality: int) -> Image:
    """Encode and decode an image (H,W,3) as JPEG. quality: 0..100; lower compresses more."""
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def _resize(image: Image, size: int, kernel: int) -> Image:
    if image.shape[0] == size:
        return image
    return np.asarray(cv2.resize(image, (size, size), interpolation=kernel), np.uint8)
