"""Endless batches of training pictures: half newly composed, half recent pictures mirrored.

Composing a picture takes as long as a training step on it, on one core. A picture used twice, once mirrored, costs half
and teaches nearly as much. The buffer of recent pictures is small and keeps changing.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import IterableDataset, get_worker_info

from detectors.arrays import Float32, Image
from distill.data.codec import compress_h264
from distill.detector.compose import Composer, TrainingPicture, flip_boxes, flip_points
from distill.detector.config import DetectorSettings
from distill.detector.training_data import HardNegative, load_training_data

MAX_FACES = 64  # faces of a picture, and its ignored boxes, that a batch holds
BUFFER_SIZE = 2048  # recent pictures
MIN_BATCHES_BUFFERED = 8  # before the buffer is used
RELOAD_EVERY = 200  # batches between two looks for new hard negatives


class Batch(NamedTuple):
    """images uint8 (N,3,S,S) BGR; boxes float32 (N,F,4), points (N,F,5,2), ignore (N,M,4), unused rows NaN."""

    images: Tensor
    boxes: Tensor
    points: Tensor
    ignore: Tensor


@dataclass(frozen=True)
class PackedPicture:
    """A training picture as arrays of fixed size; unused rows are NaN."""

    image: Image
    boxes: Float32
    points: Float32
    ignore: Float32

    def flip(self) -> "PackedPicture":
        """The mirrored picture."""
        width = self.image.shape[1]
        return PackedPicture(
            np.ascontiguousarray(self.image[:, ::-1]),
            flip_boxes(self.boxes, width),
            flip_points(self.points, width),
            flip_boxes(self.ignore, width),
        )


def pack(picture: TrainingPicture) -> PackedPicture:
    """A picture as arrays; faces beyond MAX_FACES are ignored, as far as there is room."""
    boxes, points = _pad(picture.boxes, (4,)), _pad(picture.points, (5, 2))
    return PackedPicture(picture.image, boxes, points, _pad([*picture.boxes[MAX_FACES:], *picture.ignore], (4,)))


def _pad(rows: list[Float32], shape: tuple[int, ...]) -> Float32:
    """The first MAX_FACES rows, filled up with NaN: (MAX_FACES, *shape)."""
    padded = np.full((MAX_FACES, *shape), np.nan, np.float32)
    if rows:
        padded[: len(rows)] = np.array(rows, np.float32)[:MAX_FACES]
    return padded


def collate(pictures: list[PackedPicture]) -> Batch:
    """Pictures as one batch, its boxes cut to the fullest picture."""
    images = np.stack([picture.image for picture in pictures]).transpose(0, 3, 1, 2)
    boxes, points, ignore = (
        np.stack(rows) for rows in zip(*((one.boxes, one.points, one.ignore) for one in pictures), strict=True)
    )
    faces, ignored = _max_rows(boxes), _max_rows(ignore)
    arrays = np.ascontiguousarray(images), boxes[:, :faces], points[:, :faces], ignore[:, :ignored]
    return Batch(*map(torch.from_numpy, arrays))


def _max_rows(rows: Float32) -> int:
    """Rows used in the fullest picture of (N,MAX_FACES,4); at least one, because assign needs a nearest face."""
    return max(1, int(np.isfinite(rows[..., 0]).sum(axis=1).max()))


class TrainingPictures(IterableDataset[Batch]):
    """Training batches of one process. Each process, worker and start draws other pictures.

    hard_negatives: JSON file (distill/detector/validation.py), read again from time to time.
    """

    def __init__(self, settings: DetectorSettings, *, rank: int, step: int, hard_negatives: Path) -> None:
        self._settings, self._seed, self._hard_negatives = settings, (rank, step), hard_negatives

    def __iter__(self) -> Iterator[Batch]:
        worker = get_worker_info()
        rng = np.random.default_rng([self._settings.seed, *self._seed, worker.id if worker else 0])
        composer = Composer(load_training_data(self._settings), self._settings.pictures, rng)
        return self._batches(composer, rng)

    def _batches(self, composer: Composer, rng: np.random.Generator) -> Iterator[Batch]:
        buffer: list[PackedPicture] = []
        size, number = self._settings.train.batch, 0
        while True:
            if number % RELOAD_EVERY == 0 and self._hard_negatives.exists():
                rows = json.loads(self._hard_negatives.read_bytes())
                composer.hard_negatives = [HardNegative(int(photo), x, y, scale) for photo, x, y, scale in rows]
            is_filled = len(buffer) >= MIN_BATCHES_BUFFERED * size
            replayed = int(size * self._settings.pictures.replay) if is_filled else 0
            new = self._compress([pack(composer.compose()) for _ in range(size - replayed)], rng)
            old = [buffer[int(row)].flip() for row in rng.integers(0, len(buffer), replayed)] if replayed else []
            for picture in new:
                if len(buffer) < BUFFER_SIZE:
                    buffer.append(picture)
                else:
                    buffer[int(rng.integers(BUFFER_SIZE))] = picture
            number += 1
            yield collate(new + old)

    def _compress(self, pictures: list[PackedPicture], rng: np.random.Generator) -> list[PackedPicture]:
        """At the configured probability, the pictures after H.264, all in one frame."""
        if rng.random() >= self._settings.pictures.h264:
            return pictures
        images = compress_h264(np.stack([one.image for one in pictures]), quality=int(rng.integers(21, 36)))
        return [replace(one, image=image) for image, one in zip(images, pictures, strict=True)]
