"""Small faces as a detector hands them over, with landmarks known exactly: what the landmark regressor learns from.

The surprising decision: the targets are the template's points moved along with the face, not where this person's eyes
are. What is wanted is the alignment that the recogniser was trained on, and that is the template.
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

SIDE = 32  # pixels of the regressor's input
REACH = 1.0  # side of what it sees, in heights of the detector's box
RAISE = (
    0.12  # how far above the box's middle it looks, in the same: an aligned chip ends below the mouth, a box does not
)
BORDERS = (cv2.BORDER_REPLICATE, cv2.BORDER_REFLECT_101, cv2.BORDER_WRAP)  # what lies beyond the chip must tell nothing
BOX = np.array(
    [11.0, 30.0, 105.0, 132.0]
)  # of a face in the 112-pixel template, as people draw them (docs/training/method.md)
TEMPLATE = np.asarray(ARCFACE_112, np.float64)
OVER = 2  # a face is drawn at this many times its size and then shrunk by area
AREA = 1.7  # side of the drawn picture, in face heights


class LandmarkViews(IterableDataset[tuple[Tensor, Tensor]]):
    """Endless batches from a step on: uint8 (N,3,SIDE,SIDE) RGB and float32 (N,10), x y of five points in 0..1 of the
    crop. faces: BGR uint8 (M,112,112,3), aligned; rows: which of them may be used."""

    def __init__(self, faces: Image, rows: Index, settings: LandmarkSettings, *, seed: int, step: int) -> None:
        self._faces, self._rows, self._settings, self._seed, self._step = faces, rows, settings, seed, step

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        worker = get_worker_info()
        step, stride = (self._step + worker.id, worker.num_workers) if worker else (self._step, 1)
        while True:
            rng = np.random.default_rng((self._seed, step))
            chosen = rng.choice(self._rows, self._settings.batch)
            made = [landmark_view(self._faces[row], self._settings, rng) for row in chosen]
            crops, points = np.stack([crop for crop, _ in made]), np.stack([marks for _, marks in made])
            yield to_tensor(crops), torch.from_numpy(points.reshape(len(points), 10))
            step += stride


def landmark_view(face: Image, settings: LandmarkSettings, rng: np.random.Generator) -> tuple[Image, Float32]:
    """One view (SIDE,SIDE,3) of an aligned face (112,112,3), turned, shrunk and worn, cut by a box a little off;
    and its landmarks float32 (5,2) in 0..1 of the view, continuous (0 is the view's edge)."""
    height = float(np.exp(rng.uniform(np.log(settings.from_px), np.log(settings.to_px))))
    matrix, side = _drawn(height, settings, rng)
    border = BORDERS[rng.integers(len(BORDERS))]
    flat = cv2.warpAffine(face, matrix, (side * OVER,) * 2, flags=cv2.INTER_LINEAR, borderMode=border)
    worn = apply_optics(np.asarray(flat, np.uint8), side, settings.degrade, rng)
    small = apply_sensor(_shrunk(worn, side), settings.degrade, rng)
    points = _moved(TEMPLATE, matrix)
    middle = _moved((BOX[:2] + BOX[2:])[None] / 2, matrix)[0] + rng.normal(0, settings.box_shift * height, 2)
    seen = height * float(np.exp(rng.normal(0, settings.box_scale)))  # what the detector takes for the height
    corner = middle - (REACH / 2 * seen, (REACH / 2 + RAISE) * seen)
    points = (points - corner) / (REACH * seen)
    return square_crop(small, corner, REACH * seen, SIDE), points.astype(np.float32)


def _drawn(height: float, settings: LandmarkSettings, rng: np.random.Generator) -> tuple[Float64, int]:
    """(2,3) from the template's pixel centres to those of a picture at OVER times its size, and that picture's side."""
    side = int(np.ceil(AREA * height))
    angle, scale = np.deg2rad(rng.normal(0, settings.rotate_degrees)), OVER * height / (BOX[3] - BOX[1])
    stretch = float(np.exp(rng.normal(0, settings.width_jitter)))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * scale
    turn[:, 0] *= stretch  # a head turned aside is narrower
    if rng.random() < 0.5:
        turn[:, 0] *= -1
    middle = (BOX[:2] + BOX[2:]) / 2
    target = side * OVER / 2 + rng.uniform(-0.5, 0.5, 2) * OVER
    return np.column_stack([turn, target - turn @ middle]), side


def _moved(points: Float64, matrix: Float64) -> Float64:
    """Template points, pixel centres, to continuous pixels of the small picture; a mirrored face keeps left left."""
    moved = (points @ matrix[:, :2].T + matrix[:, 2] + 0.5) / OVER
    mirrored = np.linalg.det(matrix[:, :2]) < 0 and len(points) == len(TEMPLATE)
    return moved[[1, 0, 2, 4, 3]] if mirrored else moved


def _shrunk(image: Image, side: int) -> Image:
    return np.asarray(cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
