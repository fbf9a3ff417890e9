"""Stage `label`: embeds every training face with the teacher once and stores the features in shards.

A label belongs to a face, not to a degraded sample of it: a student sees each face degraded differently each time, with
the same target. The low-resolution target is the teacher's feature of the face that is only shrunk.
"""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import numpy as np

from configs.fields import Formerly, marks_of
from detectors.arrays import Chips, Float16, Index
from distill.config import LabelSettings
from distill.data.held_out import load_held_out
from distill.data.manifest import require_unchanged
from distill.data.mix import mix
from distill.data.prepare import load_usable_rows
from distill.data.resample import lower_resolution, shrink
from distill.data.shards import Shard, write_shard
from distill.data.store import face_rows
from distill.errors import DistillError
from distill.label.job import Job
from distill.label.on_device import DeviceLabeller
from distill.progress import Progress
from distill.teacher.features import feature_rows
from distill.teacher.model import Ensemble
from distill.teacher.on_device import DeviceEnsemble
from distill.work_folder import WorkFolder

CHUNK = 256  # faces embedded at once


def label(
    settings: LabelSettings, work: WorkFolder, teacher: Ensemble, *, seed: int, worker: tuple[int, int] = (0, 1)
) -> "Labelled":
    """Make the missing shards. worker (k, n): only every n-th, starting with the k-th, to share the work.

    Raises DistillError for synthetic faces without any target, or shards that were made with other settings.
    """
    share = settings.sharp_target_share
    if settings.synthetic_faces and not settings.low_targets and share < 1:
        raise DistillError(f"label.sharp_target_share: expected 1.0 where label.low_targets is false, got {share}")
    _require_same_labels(settings, work, seed)
    jobs = list(_jobs(settings, len(load_usable_rows(work))))[worker[0] :: worker[1]]
    missing = [job for job in jobs if not work.shard(job.kind, job.index).exists()]
    done = (len(jobs) - len(missing)) * settings.shard_faces
    labeller: _Labeller | DeviceLabeller
    if isinstance(teacher, DeviceEnsemble):
        labeller = DeviceLabeller(settings, work, teacher, seed)
    else:
        labeller = _Labeller(settings, work, teacher, seed)
    labelled, started = 0, time.monotonic()
    with (
        Progress("label", unit="faces", total=len(jobs) * settings.shard_faces, done=done) as progress,
        ShardWriter() as writer,
    ):
        for shard, job in ((labeller.make(job), job) for job in missing):
            writer.write(work.shard(job.kind, job.index), shard)
            labelled += len(shard)
            progress.update(done + labelled)
    return Labelled(labelled, time.monotonic() - started)


@dataclass(frozen=True, slots=True)
class Labelled:
    """How many faces were labelled, and in how many seconds."""

    faces: int
    seconds: float

    @property
    def rate(self) -> float:
        """Faces a second."""
        return self.faces / max(self.seconds, 1e-6)


class ShardWriter:
    """Writes shards while the next ones are made; at most one waits, so that memory stays bounded."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._pending: Future[None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown()
        self._wait()

    def write(self, path: Path, shard: Shard) -> None:
        """Begin to write, as soon as the shard before is on disk. Raises its OSError."""
        self._wait()
        self._pending = self._thread.submit(write_shard, path, shard)

    def _wait(self) -> None:
        if self._pending:
            self._pending.result()
            self._pending = None


def _require_same_labels(settings: LabelSettings, work: WorkFolder, seed: int) -> None:
    current = msgspec.to_builtins(settings) | {"seed": seed}
    del current["synthetic_faces"]  # their number may grow
    former = {
        field.encode_name: mark.name
        for field in msgspec.structs.fields(LabelSettings)
        for mark in marks_of(field.type, Formerly)
    }
    require_unchanged(work.label_settings, "label", current, former=former)


def _jobs(settings: LabelSettings, usable: int) -> Iterator[Job]:
    """All shards: those of the usable prepared faces, then those of synthetic faces."""
    for index in range(-(-usable // settings.shard_faces)):
        yield Job("real", index, sharp=True)
    share = settings.sharp_target_share
    every = round(1 / share) if share else 0
    for index in range(-(-settings.synthetic_faces // settings.shard_faces)):
        yield Job("mixed", index, sharp=bool(every) and index % every == 0)


class _Labeller:
    def __init__(self, settings: LabelSettings, work: WorkFolder, teacher: Ensemble, seed: int) -> None:
        self._settings, self._teacher, self._seed = settings, teacher, seed
        self._usable = load_usable_rows(work)
        self._learnt = np.setdiff1d(self._usable, load_held_out(work)) if settings.synthetic_faces else self._usable
        self._faces: Chips = face_rows(work).array()
        self._features = feature_rows(work, teacher.dim).array()  # of sharp faces; empty if nothing needed them yet

    def make(self, job: Job) -> Shard:
        size = self._settings.shard_faces
        if job.kind == "mixed":
            return self._label(np.full(size, -1), self._mixed_faces(job.index), sharp_targets=job.sharp)
        rows = self._usable[job.index * size :][:size]
        known = np.asarray(self._features[rows], np.float16) if len(self._features) else None
        return self._label(rows, self._real_faces(rows), sharp_targets=True, known=known)

    def _real_faces(self, rows: Index) -> Iterator[Chips]:
        for start in range(0, len(rows), CHUNK):
            yield np.asarray(self._faces[rows[start : start + CHUNK]])

    def _mixed_faces(self, index: int) -> Iterator[Chips]:
        rng = np.random.default_rng((self._seed, index))
        size = self._settings.shard_faces
        for start in range(0, size, CHUNK):
            count = min(CHUNK, size - start)
            yield np.asarray([mix(self._faces, self._learnt, self._settings.mix, rng) for _ in range(count)])

    def _label(
        self, rows: Index, chunks: Iterator[Chips], *, sharp_targets: bool, known: Float16 | None = None
    ) -> Shard:
        """Embed chunks of sharp faces (N,112,112,3). known: their sharp features (N,D), if already computed."""
        settings, teacher = self._settings, self._teacher
        images, low, sharp = [], [], []
        for faces in chunks:
            images.append(shrink(faces, settings.stored_px))
            if settings.low_targets:
                low.append(teacher.embed(lower_resolution(faces, round(settings.low_px))))
            if sharp_targets and known is None:
                sharp.append(teacher.embed(faces))
        return Shard(
            images=np.concatenate(images),
            low=np.concatenate(low).astype(np.float16) if low else None,
            sharp=np.concatenate(sharp).astype(np.float16) if sharp else known,
            rows=rows.astype(np.int64),
        )
