"""Endless batches of training pictures. Half of each is drawn anew, half is taken from recent ones, mirrored.

The surprising decision: the store of recent pictures is small and always changing. Drawing costs as much as learning on
one core; seen twice with a mirror between, a picture costs half and teaches nearly as much.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import IterableDataset, get_worker_info

from detectors.arrays import Float32, Image
from distill.data.codec import compress_h264
from distill.detector.compose import Drawer, View, mirrored_box, mirrored_points
from distill.detector.config import DetectorSettings
from distill.detector.training_data import open_library

MOST = 64  # faces of a picture that are learnt from, and boxes of it that are ignored
KEPT = 2048  # pictures kept for a second look
POLL = 200  # batches between looks for new hard places


class Batch(NamedTuple):
    """images uint8 (N,3,S,S) BGR; boxes float32 (N,F,4), points (N,F,5,2), ignore (N,F,4), rows of NaN where none."""

    images: Tensor
    boxes: Tensor
    points: Tensor
    ignore: Tensor


@dataclass(frozen=True)
class Drawn:
    """One picture as arrays of fixed size."""

    image: Image
    boxes: Float32
    points: Float32
    ignore: Float32

    def mirrored(self) -> "Drawn":
        """Left and right exchanged."""
        width = self.image.shape[1]
        return Drawn(
            np.ascontiguousarray(self.image[:, ::-1]),
            mirrored_box(self.boxes, width),
            mirrored_points(self.points, width),
            mirrored_box(self.ignore, width),
        )


def packed(view: View) -> Drawn:
    """A view as arrays; beyond MOST faces the rest is ignored, as far as there is room."""
    boxes, points = padded(view.boxes, (4,)), padded(view.points, (5, 2))
    return Drawn(view.image, boxes, points, padded([*view.boxes[MOST:], *view.ignore], (4,)))


def padded(rows: list[Float32], shape: tuple[int, ...]) -> Float32:
    """The first MOST rows, filled up with NaN: (MOST, *shape)."""
    full = np.full((MOST, *shape), np.nan, np.float32)
    if rows:
        full[: len(rows)] = np.array(rows, np.float32)[:MOST]
    return full


def collated(pictures: list[Drawn]) -> Batch:
    """Pictures as one batch of tensors."""
    images = np.stack([picture.image for picture in pictures]).transpose(0, 3, 1, 2)
    boxes, points, ignore = (
        np.stack(rows) for rows in zip(*((one.boxes, one.points, one.ignore) for one in pictures), strict=True)
    )
    faces, others = _most(boxes), _most(ignore)
    given = np.ascontiguousarray(images), boxes[:, :faces], points[:, :faces], ignore[:, :others]
    return Batch(*map(torch.from_numpy, given))


def _most(rows: Float32) -> int:
    """How many rows the fullest picture of (N,MOST,4) has; at least one, since an empty axis has no nearest."""
    return max(1, int(np.isfinite(rows[..., 0]).sum(axis=1).max()))


class Batches(IterableDataset[Batch]):
    """Training batches of one process; each process, worker and start draws others.

    hard: a JSON file with places of empty scenes that were taken for faces, read again when it changes.
    """

    def __init__(self, settings: DetectorSettings, *, rank: int, step: int, hard: Path) -> None:
        self._settings, self._start, self._hard = settings, (rank, step), hard

    def __iter__(self) -> Iterator[Batch]:
        worker = get_worker_info()
        rng = np.random.default_rng([self._settings.seed, *self._start, worker.id if worker else 0])
        drawer = Drawer(open_library(self._settings), self._settings.pictures, rng)
        return self._endless(drawer, rng)

    def _endless(self, drawer: Drawer, rng: np.random.Generator) -> Iterator[Batch]:
        recent: list[Drawn] = []
        count, number = self._settings.train.batch, 0
        while True:
            if number % POLL == 0 and self._hard.exists():
                drawer.hard = [(int(n), x, y, factor) for n, x, y, factor in json.loads(self._hard.read_bytes())]
            again = int(count * self._settings.pictures.replay) if len(recent) >= 8 * count else 0
            fresh = self._coded([packed(drawer.draw()) for _ in range(count - again)], rng)
            seen = [recent[int(index)].mirrored() for index in rng.integers(0, len(recent), again)] if again else []
            for picture in fresh:
                if len(recent) < KEPT:
                    recent.append(picture)
                else:
                    recent[int(rng.integers(KEPT))] = picture
            number += 1
            yield collated(fresh + seen)

    def _coded(self, pictures: list[Drawn], rng: np.random.Generator) -> list[Drawn]:
        """Sometimes through H.264, all in one frame."""
        if rng.random() >= self._settings.pictures.h264:
            return pictures
        images = compress_h264(np.stack([one.image for one in pictures]), quality=int(rng.integers(21, 36)))
        return [Drawn(image, one.boxes, one.points, one.ignore) for image, one in zip(images, pictures, strict=True)]
