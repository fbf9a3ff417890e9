"""Training views of the landmark regressor: small faces in a detector's boxes, with landmarks that are known exactly.

The targets are the points of the template, transformed with the face. They are not the true eyes of this person: the
recogniser is trained on faces aligned to the template, and the regressor must reproduce that alignment.
"""

from collections.abc import Iterator

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import IterableDataset, get_worker_info

from detectors.arrays import Float32, Float64, Image, Index
from detectors.refine import square_crop
from distill.config import LandmarkSettings
from distill.data.degrade import apply_optics, apply_sensor
from distill.training.dataset import to_tensor
from recognizer.spec import ARCFACE_112

SIDE_PX = 32  # of the regressor's input
CROP_HEIGHTS = 1.0  # side of the crop, in heights of the detector's box
CROP_RAISE = 0.12  # the crop's centre above the box's, in box heights: a chip ends below the mouth, a box at the chin
BORDERS = (
    cv2.BORDER_REPLICATE,
    cv2.BORDER_REFLECT_101,
    cv2.BORDER_WRAP,
)  # varied, so that the network learns nothing from the border
BOX = np.array([11.0, 30.0, 105.0, 132.0])  # of a face in the 112-pixel template, x1 y1 x2 y2, as people draw boxes
BOX_CENTRE = (BOX[:2] + BOX[2:]) / 2
TEMPLATE = np.asarray(ARCFACE_112, np.float64)
OVERSAMPLING = 2  # a face is drawn at this many times its size and then shrunk by area
CANVAS_HEIGHTS = 1.7  # side of the drawn picture, in face heights


class LandmarkViews(IterableDataset[tuple[Tensor, Tensor]]):
    """Endless batches from a step on: uint8 (N,3,S,S) RGB and float32 (N,10), x y of five points in 0..1 of the crop.

    faces: BGR uint8 (M,112,112,3), aligned. rows: the faces to use.
    """

    def __init__(self, faces: Image, rows: Index, settings: LandmarkSettings, *, seed: int, step: int) -> None:
        self._faces, self._rows, self._settings, self._seed, self._step = faces, rows, settings, seed, step

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        worker = get_worker_info()
        step, stride = (self._step + worker.id, worker.num_workers) if worker else (self._step, 1)
        while True:
            rng = np.random.default_rng((self._seed, step))
            rows = rng.choice(self._rows, self._settings.batch)
            views = [landmark_view(self._faces[row], self._settings, rng) for row in rows]
            crops, points = (np.stack(parts) for parts in zip(*views, strict=True))
            yield to_tensor(crops), torch.from_numpy(points.reshape(len(points), 10))
            step += stride


def landmark_view(face: Image, settings: LandmarkSettings, rng: np.random.Generator) -> tuple[Image, Float32]:
    """Draw one view BGR uint8 (S,S,3) of an aligned face (112,112,3): rotated, shrunk, degraded and cut by an inexact
    box.

    Returns it with its landmarks float32 (5,2) in 0..1 of the view, continuous (0 is the view's edge).
    """
    height = float(np.exp(rng.uniform(np.log(settings.from_px), np.log(settings.to_px))))
    matrix, side = _draw_pose(height, settings, rng)
    border = BORDERS[rng.integers(len(BORDERS))]
    large = cv2.warpAffine(face, matrix, (side * OVERSAMPLING,) * 2, flags=cv2.INTER_LINEAR, borderMode=border)
    blurred = apply_optics(np.asarray(large, np.uint8), side, settings.degrade, rng)
    picture = apply_sensor(_shrink(blurred, side), settings.degrade, rng)
    points = _transform(TEMPLATE, matrix)
    centre = _transform(BOX_CENTRE[None], matrix)[0] + rng.normal(0, settings.box_shift * height, 2)
    box_height = height * float(np.exp(rng.normal(0, settings.box_scale)))
    size = CROP_HEIGHTS * box_height
    corner = centre - (CROP_HEIGHTS / 2 * box_height, (CROP_HEIGHTS / 2 + CROP_RAISE) * box_height)
    return square_crop(picture, corner, size, SIDE_PX), ((points - corner) / size).astype(np.float32)


def _draw_pose(height: float, settings: LandmarkSettings, rng: np.random.Generator) -> tuple[Float64, int]:
    """A random pose of a face of this height in pixels: an affine matrix (2,3), and the side of the picture in pixels.

    The matrix maps pixel centres of the template to those of the picture at OVERSAMPLING times its size.
    """
    side = int(np.ceil(CANVAS_HEIGHTS * height))
    angle, scale = np.deg2rad(rng.normal(0, settings.rotate_degrees)), OVERSAMPLING * height / (BOX[3] - BOX[1])
    linear = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * scale
    linear[:, 0] *= float(np.exp(rng.normal(0, settings.width_jitter)))  # a head turned aside is narrower
    if rng.random() < 0.5:
        linear[:, 0] *= -1
    target = side * OVERSAMPLING / 2 + rng.uniform(-0.5, 0.5, 2) * OVERSAMPLING
    return np.column_stack([linear, target - linear @ BOX_CENTRE]), side


def _transform(points: Float64, matrix: Float64) -> Float64:
    """Template points, pixel centres, to continuous pixels of the picture.

    In a mirrored face left and right landmarks change places.
    """
    moved = (points @ matrix[:, :2].T + matrix[:, 2] + 0.5) / OVERSAMPLING
    mirrored = np.linalg.det(matrix[:, :2]) < 0 and len(points) == len(TEMPLATE)
    return moved[[1, 0, 2, 4, 3]] if mirrored else moved


def _shrink(image: Image, side: int) -> Image:
    return np.asarray(cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
