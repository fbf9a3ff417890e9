"""Makes shards where the teachers are: faces are mixed, shrunk and labelled on the device, and results alone leave."""

import cv2
import numpy as np
import torch
from torch import Tensor

from detectors.arrays import Chips, Float16, Index
from distill.config import LabelSettings
from distill.data.held_out import load_held_out
from distill.data.matrices import resize_matrix
from distill.data.mix_batch import mix_faces
from distill.data.prepare import load_usable_rows
from distill.data.shards import Shard
from distill.data.store import FACE_SIDE_PX, face_rows
from distill.label.job import Job
from distill.teacher.features import feature_rows
from distill.teacher.on_device import DeviceEnsemble, from_device, to_device
from distill.work_folder import WorkFolder

CHUNK = 1024  # faces mixed at once


class DeviceLabeller:
    """Makes the shards of one work folder. Mixed faces of a shard come from its number and the seed."""

    def __init__(self, settings: LabelSettings, work: WorkFolder, teacher: DeviceEnsemble, seed: int) -> None:
        self._settings, self._teacher, self._seed, self._device = settings, teacher, seed, teacher.device
        self._work, self._usable = work, load_usable_rows(work)
        self._faces: Chips = face_rows(work).array()
        self._features = feature_rows(work, teacher.dim).array()  # of sharp faces; empty if nothing needed them yet
        self._sources: Tensor | None = None
        low = round(settings.low_px)
        self._store = self._resizing(FACE_SIDE_PX, settings.stored_px, cv2.INTER_AREA)
        self._shrink = self._resizing(FACE_SIDE_PX, low, cv2.INTER_AREA)
        self._enlarge = self._resizing(low, FACE_SIDE_PX, cv2.INTER_CUBIC)

    def make(self, job: Job) -> Shard:
        """Make one shard."""
        size = self._settings.shard_faces
        if job.kind == "mixed":
            rows = np.full(size, -1)
            return self._label(rows, self._mix(job.index, size), sharp_targets=job.sharp)
        rows = self._usable[job.index * size :][:size]
        known = np.asarray(self._features[rows], np.float16) if len(self._features) else None
        faces = to_device(np.asarray(self._faces[rows]), self._device)
        return self._label(rows, faces, sharp_targets=True, known=known)

    def _mix(self, index: int, count: int) -> Tensor:
        """The mixed faces of one shard, uint8 (count,3,112,112) RGB."""
        if self._sources is None:
            learnt = np.setdiff1d(self._usable, load_held_out(self._work))
            self._sources = to_device(np.asarray(self._faces[learnt]), self._device)
        torch.manual_seed(int(np.random.SeedSequence((self._seed, index)).generate_state(1)[0]))
        sizes = [min(CHUNK, count - start) for start in range(0, count, CHUNK)]
        return torch.cat([mix_faces(self._sources, size, self._settings.mix) for size in sizes])

    def _label(self, rows: Index, faces: Tensor, *, sharp_targets: bool, known: Float16 | None = None) -> Shard:
        """Label faces uint8 (N,3,112,112). known: their sharp features (N,D), if already computed."""
        low = self._embed(_resize(_resize(faces, self._shrink), self._enlarge)) if self._settings.low_targets else None
        sharp = self._embed(faces) if sharp_targets and known is None else known
        return Shard(from_device(_resize(faces, self._store)), low, sharp, rows.astype(np.int64))

    def _embed(self, faces: Tensor) -> Float16:
        features: Float16 = self._teacher.embed_tensor(faces).half().cpu().numpy()
        return features

    def _resizing(self, side: int, new_side: int, interpolation: int) -> Tensor:
        return torch.from_numpy(resize_matrix(side, new_side, interpolation)).to(self._device)


def _resize(faces: Tensor, matrix: Tensor) -> Tensor:
    """Resample uint8 (N,3,S,S) along both axes by a matrix (T,S): uint8 (N,3,T,T)."""
    if matrix.shape[0] == matrix.shape[1]:
        return faces
    parts = [matrix @ faces[start : start + CHUNK].float() @ matrix.mT for start in range(0, len(faces), CHUNK)]
    return torch.cat([part.round().clamp(0, 255).to(torch.uint8) for part in parts])
