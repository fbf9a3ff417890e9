"""The first step of every training: ridge regression of the last layer on the targets; the other layers stay.

A student that moves to another space, or that starts from the layers of another one, would first spend many steps on
what one linear system gives at once.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from distill.config import StudentSettings
from distill.data.degrade import degrade
from distill.progress import Progress
from distill.training.dataset import FaceDataset, normalise_pixels, to_tensor
from distill.training.student import Student

BATCH = 256
PENALTY = 1e-3  # share of the mean variance of the inputs; a hundredth of it changes nothing measurable
HELD_OUT_BATCHES = 4  # on which the fit is measured

Samples = Iterator[tuple[Tensor, Tensor]]
"""Inputs of the last layer float32 (N,flat) and targets float32 (N,dim), on the CPU, batch by batch."""


@torch.no_grad()
def fit_last_layer(student: Student, samples: Samples, count: int) -> float:
    """Fit the last layer of a student to the targets of `count` samples (Hoerl and Kennard 1970).

    With `rank`, the matrix is the best one of that rank for these samples (reduced-rank regression, Izenman 1975).
    Returns the mean cosine with the targets on other samples.
    """
    moments = Moments(student.shape.flat, student.shape.dim)
    held_out = [next(samples) for _ in range(HELD_OUT_BATCHES)]
    with Progress("ridge", unit="views", total=count, done=0) as progress:
        for inputs, targets in samples:
            moments.add(inputs, targets)
            progress.update(moments.count)
            if moments.count >= count:
                break
    _set_last_layer(student, moments, PENALTY)
    device = student.out.weight.device
    features = [student.out(student.reduce(inputs.to(device))).cpu() for inputs, _ in held_out]
    return float(
        torch.cat([torch.cosine_similarity(f, t) for f, (_, t) in zip(features, held_out, strict=True)]).mean()
    )


@torch.no_grad()
def read_views(student: Student, faces: FaceDataset, options: StudentSettings, *, seed: int) -> Samples:
    """What a student makes of new views of labelled faces, for ever."""
    rng = np.random.default_rng((seed, options.size))
    device = student.out.weight.device
    student.eval()
    while True:
        masters, targets, _ = faces.sample(BATCH, options.low_target_share[0], rng)
        chips = normalise_pixels(to_tensor(degrade(masters, options.size, options.degrade, rng)))
        inputs = student.flatten(chips.contiguous(memory_format=torch.channels_last).to(device))
        yield inputs.cpu(), torch.from_numpy(targets)


class Moments:
    """Sums over samples of inputs (N,F) and targets (N,D), from which a linear regression follows."""

    def __init__(self, inputs: int, outputs: int) -> None:
        self.count = 0
        self._sum_x, self._sum_y = torch.zeros(inputs, dtype=torch.float64), torch.zeros(outputs, dtype=torch.float64)
        self._xx = torch.zeros(inputs, inputs, dtype=torch.float64)
        self._xy = torch.zeros(inputs, outputs, dtype=torch.float64)

    def add(self, inputs: Tensor, targets: Tensor) -> None:
        """Add float32 rows."""
        self.count += len(inputs)
        self._sum_x += inputs.sum(0)
        self._sum_y += targets.sum(0)
        self._xx += inputs.T @ inputs
        self._xy += inputs.T @ targets

    @property
    def covariance(self) -> Tensor:
        """Of the inputs, float64 (F,F)."""
        mean = self._sum_x / self.count
        return self._xx / self.count - torch.outer(mean, mean)

    def solve(self, penalty: float) -> Tensor:
        """Weight float64 (D,F). penalty: added to the covariance, as a share of its mean diagonal."""
        mean_x, mean_y = self._sum_x / self.count, self._sum_y / self.count
        covariance = self.covariance
        ridge = penalty * covariance.diagonal().mean() * torch.eye(len(covariance), dtype=torch.float64)
        weight: Tensor = torch.linalg.solve(covariance + ridge, self._xy / self.count - torch.outer(mean_x, mean_y)).T
        return weight

    def bias_of(self, weight: Tensor) -> Tensor:
        """The bias (D,) with which this weight (D,F) predicts the mean target from the mean input."""
        return self._sum_y / self.count - weight @ (self._sum_x / self.count)


def _set_last_layer(student: Student, moments: Moments, penalty: float) -> None:
    weight = moments.solve(penalty)
    factor = weight
    if student.shape.rank:
        predicted = torch.linalg.eigh(weight @ moments.covariance @ weight.T).eigenvectors[:, -student.shape.rank :]
        student.get_parameter("reduce.weight").copy_(predicted.T @ weight)
        factor, weight = predicted, predicted @ predicted.T @ weight
    student.out.weight.copy_(factor)
    student.out.bias.copy_(moments.bias_of(weight))
