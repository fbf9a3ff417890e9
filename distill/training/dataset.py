"""The growing pool of labelled faces, as batches of new views. Training may begin while labels are still made.

The surprising decision: the random numbers of a batch come from its step, not from a stream. A resumed run goes on with
the very batch that a kill interrupted, and worker processes need not be told where they are.
"""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import IterableDataset, get_worker_info

from detectors.arrays import Chips, Float16, Float32, Int64
from distill.adapt.head import Head
from distill.config import StudentSettings
from distill.data.class_labels import load_classes
from distill.data.degrade import degrade
from distill.data.shards import KINDS, find_shards, read_shard
from distill.errors import DistillError
from distill.training.distributed import Ranks

LOOK_EVERY = 60.0  # seconds between looks for new shards


class Pool:
    """All shards at hand: sharp views mapped from disk, targets in memory."""

    def __init__(
        self, work: Path, head: Head, *, sharp_only: bool, limit: int = 0, kinds: Sequence[str] = KINDS
    ) -> None:
        self._work, self._head, self._sharp_only, self._limit, self._kinds = work, head, sharp_only, limit, kinds
        self._known: set[Path] = set()
        self._views: list[Chips] = []
        self._low: list[Float16 | None] = []
        self._sharp: list[Float16 | None] = []
        self._people: list[Int64] = []
        self._classes = load_classes(work)
        self._starts = np.zeros(1, np.int64)

    def __len__(self) -> int:
        return int(self._starts[-1])

    def look(self) -> int:
        """Take in shards that came since the last look; return the number of faces. Raises DistillError for none."""
        for path in find_shards(self._work, self._kinds):
            if path not in self._known and not (self._limit and len(self) >= self._limit):
                self._known.add(path)
                self._take(path)
        if len(self) == 0:
            raise DistillError(f"{self._work / 'shards'}: expected labelled faces; run `python -m distill label` first")
        return len(self)

    def _take(self, path: Path) -> None:
        shard = read_shard(path)
        if self._sharp_only and shard.sharp is None:
            return
        self._views.append(shard.images)
        self._low.append(None if shard.low is None else self._head.project_low(shard.low).astype(np.float16))
        self._sharp.append(None if shard.sharp is None else self._head(shard.sharp).astype(np.float16))
        known = np.where(shard.rows >= 0, self._classes[shard.rows], -1)  # a made-up face is nobody's
        self._people.append(known)
        self._starts = np.append(self._starts, self._starts[-1] + len(shard))

    @property
    def has_low(self) -> bool:
        """Whether any face has a low target."""
        return any(low is not None for low in self._low)

    @property
    def classes(self) -> int:
        """How many people are known by more than one face."""
        return int(self._classes.max(initial=-1)) + 1

    def batch(self, count: int, low_share: float, rng: np.random.Generator) -> tuple[Chips, Float32, Int64]:
        """Random faces: sharp views (N,M,M,3), their targets (N,dim), float32 unit rows, and their people, -1 for
        nobody known."""
        rows = rng.integers(0, len(self), count)
        shards = np.searchsorted(self._starts, rows, side="right") - 1
        low = rng.random(count) < low_share
        views, targets, people = [], [], []
        for row, shard, as_low in zip(rows - self._starts[shards], shards, low, strict=True):
            first, second = self._low[shard], self._sharp[shard]
            if not as_low:
                first, second = second, first
            found = second if first is None else first  # a shard has one of them
            assert found is not None
            views.append(self._views[shard][row])
            people.append(self._people[shard][row])
            targets.append(found[row])
        return np.asarray(views), np.asarray(targets, np.float32), np.asarray(people, np.int64)


Batch = tuple[Tensor, Tensor, Tensor]


class Views(IterableDataset[Batch]):
    """Endless batches from a step on: uint8 (N,3,S,S) RGB, float32 (N,dim) targets and int64 (N,) people.

    samples: views seen by all processes before that step.
    """

    def __init__(
        self, pool: Pool, settings: StudentSettings, *, seed: int, ranks: Ranks, step: int, samples: int
    ) -> None:
        self._pool, self._settings, self._ranks = pool, settings, ranks
        self._seed, self._step, self._samples = seed, step, samples

    def __iter__(self) -> Iterator[Batch]:
        worker = get_worker_info()
        step, stride = (self._step + worker.id, worker.num_workers) if worker else (self._step, 1)
        looked = -LOOK_EVERY
        while True:
            if time.monotonic() - looked >= LOOK_EVERY:
                self._pool.look()
                looked = time.monotonic()
            yield self._batch(step)
            step += stride

    def example(self, faces: int, *, views: int = 12) -> Chips:
        """Several views of a few faces, BGR uint8 (faces,views,S,S,3): what the student will meet."""
        rng = np.random.default_rng(self._seed)
        masters, *_ = self._pool.batch(faces, 1.0, rng)
        rows = [degrade(masters, self._settings.size, self._settings.degrade, rng) for _ in range(views)]
        return np.stack(rows, axis=1)

    def _batch(self, step: int) -> Batch:
        rng = np.random.default_rng((self._seed, self._ranks.rank, step))
        seen = self._samples + (step - self._step) * self._settings.batch * self._ranks.world
        done = min(1.0, seen / self._settings.samples)
        start, end = self._settings.low_target
        masters, targets, people = self._pool.batch(self._settings.batch, start + (end - start) * done, rng)
        chips = degrade(masters, self._settings.size, self._settings.degrade, rng)
        return planes(chips), torch.from_numpy(targets), torch.from_numpy(people)


def planes(chips: Chips) -> Tensor:
    """BGR uint8 (N,S,S,3) as RGB uint8 (N,3,S,S)."""
    return torch.from_numpy(np.ascontiguousarray(chips[..., ::-1].transpose(0, 3, 1, 2)))


def normalised(chips: Tensor) -> Tensor:
    """Uint8 (N,3,S,S) to float in -1..1, as `chip_spec` tells serving."""
    return (chips.float() - 127.5) / 127.5
