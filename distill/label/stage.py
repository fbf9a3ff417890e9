"""Asks the teacher once for each face and keeps the answer: labels cost far more than a student's step.

The surprising decision: a label is for a face, not for a view. The student meets each face in ever new views, shifted,
blurred and dimmed; the low-view target is what the teacher makes of the plainly shrunk face.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import numpy as np

from detectors.arrays import Chips, Float16, Index
from distill.config import LabelSettings
from distill.data.manifest import require_unchanged
from distill.data.mix import mix
from distill.data.prepare import load_usable_rows
from distill.data.resample import lower_resolution, shrink
from distill.data.shards import Shard, find_shards, write_shard
from distill.data.store import face_rows
from distill.errors import DistillError
from distill.progress import Progress
from distill.teacher.features import feature_rows
from distill.teacher.model import Ensemble
from distill.work_folder import WorkFolder

PIECE = 256


@dataclass(frozen=True, slots=True)
class Job:
    """One shard to make. kind: `real` or `mixed`."""

    kind: str
    index: int
    sharp: bool


def label(
    settings: LabelSettings, work: WorkFolder, teacher: Ensemble, *, seed: int, worker: tuple[int, int] = (0, 1)
) -> None:
    """Make every shard that is missing; worker (k, n) makes each n-th, so several processes share the work.

    Raises DistillError where made faces would have no target at all, or the folder has shards of another kind.
    """
    share = settings.sharp_target_share
    if settings.synthetic_faces and not settings.low_targets and share < 1:
        raise DistillError(f"label.sharp_target_share: expected 1.0 where label.low_targets is false, got {share}")
    asked = msgspec.to_builtins(settings) | {"seed": seed}
    del asked["synthetic_faces"]  # there may be more of them
    require_unchanged(work.label_settings, "label", asked)
    labeller = _Labeller(settings, work, teacher, load_usable_rows(work), seed)
    jobs = list(labeller.jobs())[worker[0] :: worker[1]]
    missing = [job for job in jobs if not work.shard(job.kind, job.index).exists()]
    done = (len(jobs) - len(missing)) * settings.shard_faces
    with Progress("label", unit="faces", total=len(jobs) * settings.shard_faces, done=done) as progress:
        for number, job in enumerate(missing, 1):
            write_shard(work.shard(job.kind, job.index), labeller.make(job))
            progress.at(done + number * settings.shard_faces, f"{len(find_shards(work))} shards")


class _Labeller:
    def __init__(self, settings: LabelSettings, work: WorkFolder, teacher: Ensemble, usable: Index, seed: int) -> None:
        self._settings, self._teacher, self._usable, self._seed = settings, teacher, usable, seed
        self._faces: Chips = face_rows(work).array()
        self._known = feature_rows(work, teacher.dim).array()

    def jobs(self) -> Iterator[Job]:
        size = self._settings.shard_faces
        for index in range(-(-len(self._usable) // size)):
            yield Job("real", index, True)
        share = self._settings.sharp_target_share
        every = round(1 / share) if share else 0
        for index in range(-(-self._settings.synthetic_faces // size)):
            yield Job("mixed", index, bool(every) and index % every == 0)

    def make(self, job: Job) -> Shard:
        if job.kind == "real":
            rows = self._usable[job.index * self._settings.shard_faces :][: self._settings.shard_faces]
            sharp = np.asarray(self._known[rows], np.float16) if len(self._known) else None
            pieces: Iterator[Chips] = (np.asarray(self._faces[part]) for part in _split(rows))
        else:
            rows, sharp = np.full(self._settings.shard_faces, -1), None
            pieces = self._mixed(job.index)
        return self._labelled(rows, pieces, sharp=sharp, ask_sharp=job.sharp and sharp is None)

    def _mixed(self, index: int) -> Iterator[Chips]:
        rng = np.random.default_rng((self._seed, index))
        for part in _split(np.arange(self._settings.shard_faces)):
            yield np.asarray([mix(self._faces, self._usable, self._settings.mix, rng) for _ in part])

    def _labelled(self, rows: Index, pieces: Iterator[Chips], *, sharp: Float16 | None, ask_sharp: bool) -> Shard:
        views, low, asked = [], [], []
        for faces in pieces:
            views.append(shrink(faces, self._settings.stored_px))
            if self._settings.low_targets:
                low.append(self._teacher.embed(lower_resolution(faces, round(self._settings.low_px))))
            if ask_sharp:
                asked.append(self._teacher.embed(faces))
        found = np.concatenate(asked).astype(np.float16) if asked else sharp
        half = np.concatenate(low).astype(np.float16) if low else None
        return Shard(np.concatenate(views), half, found, rows.astype(np.int64))


def _split(rows: Index) -> Iterator[Index]:
    for start in range(0, len(rows), PIECE):
        yield rows[start : start + PIECE]
