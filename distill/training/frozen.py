"""Fine-tuning of a student's last stages on stored outputs of the first ones, which stay as they are.

The first stages take most of the time of a step. Their outputs for a hundred thousand views fit on a disk, and training
the rest on them takes a tenth of the time of a whole step: minutes on a CPU.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import IterableDataset

from detectors.arrays import Float16
from distill.config import StudentSettings
from distill.data.degrade import degrade
from distill.data.store import RowFile
from distill.losses.total import Losses
from distill.progress import Progress
from distill.training.dataset import Batch, FaceDataset, normalise_pixels, to_tensor
from distill.training.distributed import Process
from distill.training.last_layer import Samples
from distill.training.student import Student

CHUNK = 256  # views computed at once


class FrozenViews:
    """Outputs of the frozen stages (N,C,side,side) with targets (N,dim), float16 on disk."""

    def __init__(self, folder: Path, student: Student, options: StudentSettings) -> None:
        self._folder, self._student, self._options = folder, student, options
        with torch.no_grad():
            grid = student.eval().grid_after(torch.zeros(1, 3, options.size, options.size), options.frozen_stages)
        self.grids = RowFile(folder / "grids.f16", np.float16, tuple(grid.shape[1:]))
        self.targets = RowFile(folder / "targets.f16", np.float16, (student.shape.dim,))

    def make(self, faces: FaceDataset, *, seed: int) -> None:
        """Compute the missing views; an interrupted run goes on after its last whole chunk."""
        count = min(len(self.grids), len(self.targets))
        for rows in (self.grids, self.targets):
            rows.truncate(count)
        with Progress("frozen", unit="views", total=self._options.frozen_views, done=count) as progress:
            while count < self._options.frozen_views:
                self._add(faces, np.random.default_rng((seed, self._options.size, count)))
                count = len(self.targets)
                progress.update(count)

    @torch.no_grad()
    def read(self) -> Samples:
        """What the student makes of the stored views, in their order."""
        grids, targets = self.grids.array(), self.targets.array()
        self._student.eval()
        for start in range(0, len(targets), CHUNK):
            rows = slice(start, start + CHUNK)
            flat = self._student.flatten(_to_tensor(grids[rows]), self._options.frozen_stages)
            yield flat, _to_tensor(targets[rows])

    @torch.no_grad()
    def _add(self, faces: FaceDataset, rng: np.random.Generator) -> None:
        masters, targets, _ = faces.sample(CHUNK, self._options.low_target_share[0], rng)
        chips = normalise_pixels(to_tensor(degrade(masters, self._options.size, self._options.degrade, rng)))
        grids = self._student.eval().grid_after(
            chips.contiguous(memory_format=torch.channels_last), self._options.frozen_stages
        )
        self.grids.append(grids.numpy().astype(np.float16))
        self.targets.append(targets.astype(np.float16))


class FrozenBatches(IterableDataset[Batch]):
    """Endless batches of stored views from a step on; the random rows come from the step, as in `DegradedBatches`."""

    def __init__(self, views: FrozenViews, batch: int, process: Process, *, seed: int, step: int) -> None:
        self._grids: Float16 = views.grids.array()
        self._targets: Float16 = views.targets.array()
        self._batch, self._process, self._seed, self._step = batch, process, seed, step

    def __iter__(self) -> Iterator[Batch]:
        step = self._step
        while True:
            rng = np.random.default_rng((self._seed, self._process.rank, step))
            rows = np.sort(rng.integers(0, len(self._targets), self._batch))
            yield _to_tensor(self._grids[rows]), _to_tensor(self._targets[rows]), torch.full((self._batch,), -1)
            step += 1


class TailWithLoss(nn.Module):
    """The stages after the frozen ones, and the losses."""

    def __init__(self, student: Student, losses: Losses, stages: int) -> None:
        super().__init__()
        self.student, self.losses, self._stages = student, losses, stages

    def forward(self, grids: Tensor, targets: Tensor, people: Tensor) -> dict[str, Tensor]:
        """Map grids (N,C,side,side), targets (N,dim) and people (N,) to the weighted terms and their sum, `loss`."""
        features = self.student(grids, self._stages).float()
        terms: dict[str, Tensor] = self.losses(features, targets, people)
        return {**terms, "loss": torch.stack(list(terms.values())).sum()}


def _to_tensor(rows: Float16) -> Tensor:
    return torch.from_numpy(np.asarray(rows, np.float32))


def freeze(student: Student, stages: int) -> None:
    """Keep the first stages out of training."""
    for stage in list(student.stages.values())[:stages]:
        stage.requires_grad_(False)
