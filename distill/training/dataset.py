"""Labelled faces and the endless batches of small views made of them. Training may begin while labels are still made.

The random numbers of a batch come from its step and not from a stream: a resumed training continues with the same batch
that was interrupted, and data loader workers share no state.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import IterableDataset, get_worker_info

from detectors.arrays import Chips, Float16, Float32, Int64
from distill.adapt.head import Head
from distill.config import StudentSettings
from distill.data.degrade import degrade
from distill.data.prepare import load_classes
from distill.data.shards import KINDS, find_shards, read_shard
from distill.errors import DistillError
from distill.training.distributed import Process
from distill.work_folder import WorkFolder

REFRESH_SECONDS = 60.0  # between searches for new shards


@dataclass(frozen=True, slots=True)
class LabelledFaces:
    """One shard with its targets: images BGR uint8 (N,M,M,3), mapped from disk; low and sharp float16 (N,dim), of which
    one may lack; people int64 (N,), -1 if unknown; rows int64 (N,) of the prepared faces, -1 for mixed ones."""

    images: Chips
    low: Float16 | None
    sharp: Float16 | None
    people: Int64
    rows: Int64
    is_real: bool

    @property
    def low_or_sharp(self) -> Float16:
        """The targets of small faces; those of sharp ones where there are no others."""
        found = self.sharp if self.low is None else self.low
        assert found is not None  # a shard has at least one of them
        return found

    @property
    def sharp_or_low(self) -> Float16:
        """The targets of sharp faces; those of small ones where there are no others."""
        return self.low_or_sharp if self.sharp is None else self.sharp


class FaceDataset:
    """The labelled faces of all shards: sharp views mapped from disk, targets in memory."""

    def __init__(
        self, work: WorkFolder, head: Head, *, sharp_only: bool, limit: int = 0, kinds: Sequence[str] = KINDS
    ) -> None:
        self._work, self._head, self._sharp_only, self._limit, self._kinds = work, head, sharp_only, limit, kinds
        self._known: set[Path] = set()
        self.shards: list[LabelledFaces] = []
        self._classes = load_classes(work)
        self._starts = np.zeros(1, np.int64)

    def __len__(self) -> int:
        return int(self._starts[-1])

    def refresh(self) -> int:
        """Add the shards written since the last call; return the number of faces. Raises DistillError if it is 0."""
        for path in find_shards(self._work, self._kinds):
            if path not in self._known and not (self._limit and len(self) >= self._limit):
                self._known.add(path)
                self._add(path)
        if len(self) == 0:
            raise DistillError(f"{self._work.shards}: expected labelled faces; run `python -m distill label` first")
        return len(self)

    def _add(self, path: Path) -> None:
        shard = read_shard(path)
        if self._sharp_only and shard.sharp is None:
            return
        labelled = LabelledFaces(
            images=shard.images,
            low=None if shard.low is None else self._head.project_low(shard.low).astype(np.float16),
            sharp=None if shard.sharp is None else self._head(shard.sharp).astype(np.float16),
            people=np.where(shard.rows >= 0, self._classes[shard.rows], -1),  # synthetic faces have no name
            rows=shard.rows,
            is_real=path.name.startswith("real"),
        )
        self.shards.append(labelled)
        self._starts = np.append(self._starts, self._starts[-1] + len(shard))

    @property
    def has_low_targets(self) -> bool:
        """Whether any face has the target of its small view."""
        return any(shard.low is not None for shard in self.shards)

    @property
    def class_count(self) -> int:
        """The number of people with more than one face."""
        return int(self._classes.max(initial=-1)) + 1

    def sample(self, count: int, low_share: float, rng: np.random.Generator) -> tuple[Chips, Float32, Int64]:
        """Draw random faces: sharp views uint8 (N,M,M,3), targets float32 (N,dim), unit rows, and people int64 (N,).

        low_share: share of faces with the target of their small view; if a face lacks the target that is drawn, it gets
        the other. A person is -1 if unknown.
        """
        rows = rng.integers(0, len(self), count)
        places = np.searchsorted(self._starts, rows, side="right") - 1
        low = rng.random(count) < low_share
        views, targets, people = [], [], []
        for row, place, wants_low in zip(rows - self._starts[places], places, low, strict=True):
            shard = self.shards[place]
            views.append(shard.images[row])
            people.append(shard.people[row])
            targets.append((shard.low_or_sharp if wants_low else shard.sharp_or_low)[row])
        return np.asarray(views), np.asarray(targets, np.float32), np.asarray(people, np.int64)


Batch = tuple[Tensor, Tensor, Tensor]


class DegradedBatches(IterableDataset[Batch]):
    """Endless batches from a step on: uint8 (N,3,S,S) RGB, float32 (N,dim) targets and int64 (N,) people.

    samples: views that all processes together have seen before that step.
    """

    def __init__(
        self, faces: FaceDataset, settings: StudentSettings, process: Process, *, seed: int, step: int, samples: int
    ) -> None:
        self._faces, self._settings, self._process = faces, settings, process
        self._seed, self._step, self._samples = seed, step, samples

    def __iter__(self) -> Iterator[Batch]:
        worker = get_worker_info()
        step, stride = (self._step + worker.id, worker.num_workers) if worker else (self._step, 1)
        refreshed = -REFRESH_SECONDS
        while True:
            if time.monotonic() - refreshed >= REFRESH_SECONDS:
                self._faces.refresh()
                refreshed = time.monotonic()
            yield self._batch(step)
            step += stride

    def _batch(self, step: int) -> Batch:
        rng = np.random.default_rng((self._seed, self._process.rank, step))
        samples = self._samples + (step - self._step) * self._settings.batch * self._process.world_size
        progress = min(1.0, samples / self._settings.samples)
        start, end = self._settings.low_target_share
        masters, targets, people = self._faces.sample(self._settings.batch, start + (end - start) * progress, rng)
        chips = degrade(masters, self._settings.size, self._settings.degrade, rng)
        return to_tensor(chips), torch.from_numpy(targets), torch.from_numpy(people)


def sample_views(faces: FaceDataset, settings: StudentSettings, *, seed: int, count: int = 8, views: int = 12) -> Chips:
    """Several small views of a few faces, BGR uint8 (count,views,S,S,3), to look at what a student learns from."""
    rng = np.random.default_rng(seed)
    masters, *_ = faces.sample(count, 1.0, rng)
    rows = [degrade(masters, settings.size, settings.degrade, rng) for _ in range(views)]
    return np.stack(rows, axis=1)


def to_tensor(chips: Chips) -> Tensor:
    """Convert BGR uint8 (N,S,S,3) to RGB uint8 (N,3,S,S)."""
    return torch.from_numpy(np.ascontiguousarray(chips[..., ::-1].transpose(0, 3, 1, 2)))


def normalise_pixels(chips: Tensor) -> Tensor:
    """Scale uint8 (N,3,S,S) to float in -1..1, as serving does by `chip_spec`."""
    return (chips.float() - 127.5) / 127.5
