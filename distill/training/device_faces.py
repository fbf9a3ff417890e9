"""The labelled faces of a training on its device, and the batches that are drawn there: rows, targets, new views."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from detectors.arrays import Chips, Index
from distill.config import StudentSettings
from distill.data.codec_store import CodecStore, compress_sheets, describe_store, load_store, save_store
from distill.data.views import ViewMaker
from distill.errors import DistillError
from distill.teacher.on_device import from_device
from distill.training.dataset import Batch, FaceDataset, normalise_pixels
from distill.training.student import Student

CHUNK = 512  # faces at once outside of a step


@dataclass(frozen=True, slots=True)
class DeviceFaces:
    """Faces that are learnt from, real ones first, and faces that are held out. All tensors are on one device.

    images: uint8 (N,3,M,M) RGB. low, sharp: targets float32 (N,dim), unit rows; both the same if a face has only one.
    people: int64 (N,), -1 if unknown. rows: int64 (N,) of the prepared faces, -1 for mixed ones. real: how many.
    held_images: uint8 (H,3,M,M). held_targets: float32 (H,dim), sharp if there are sharp ones. H may be 0.
    """

    images: Tensor
    low: Tensor
    sharp: Tensor
    people: Tensor
    rows: Tensor
    real: int
    held_images: Tensor
    held_targets: Tensor

    def __len__(self) -> int:
        return len(self.images)


def load_device_faces(faces: FaceDataset, held_out: Index, device: torch.device) -> DeviceFaces:
    """Copy the faces of a dataset to a device, without those whose rows are held out.

    Raises DistillError if the shards store faces of different sides, or if none is left to learn from.
    """
    shards = sorted(faces.shards, key=lambda shard: not shard.is_real)
    sides = {shard.images.shape[1] for shard in shards}
    if len(sides) != 1:
        raise DistillError(f"label.stored_px: expected faces of one side in all shards, got {sorted(sides)}")
    held = [np.isin(shard.rows, held_out) for shard in shards]
    total = sum(int((~out).sum()) for out in held)
    if not total:
        raise DistillError("label: expected faces to learn from, all are held out")
    images = torch.empty((total, 3, *shards[0].images.shape[1:3]), dtype=torch.uint8, device=device)
    held_images, start = [], 0
    for shard, out in zip(shards, held, strict=True):
        pixels = torch.from_numpy(np.array(shard.images)).to(device).flip(3).permute(0, 3, 1, 2)
        kept = torch.from_numpy(~out).to(device)
        learnt = pixels[kept]
        images[start : start + len(learnt)] = learnt
        held_images.append(pixels[~kept])
        start += len(learnt)

    def gather(name: str, *, kept: bool = True) -> Tensor:
        arrays = [getattr(shard, name)[out != kept] for shard, out in zip(shards, held, strict=True)]
        return torch.from_numpy(np.concatenate(arrays)).to(device)

    return DeviceFaces(
        images=images,
        low=gather("low_or_sharp").float(),
        sharp=gather("sharp_or_low").float(),
        people=gather("people"),
        rows=gather("rows"),
        real=sum(int((~out).sum()) for shard, out in zip(shards, held, strict=True) if shard.is_real),
        held_images=torch.cat(held_images),
        held_targets=gather("sharp_or_low", kept=False).float(),
    )


class DeviceBatches:
    """Draws batches on the device, from torch's default generator, without waiting for the CPU.

    low_share: tensor () that says which share of the faces gets the target of its small view.
    """

    def __init__(
        self, faces: DeviceFaces, options: StudentSettings, views: ViewMaker, store: CodecStore | None = None
    ) -> None:
        """store: compressed views, of which each batch has `degrade.h264`. Raises DistillError for a bad share."""
        self.faces, self.views = faces, views
        self._batch, self._share = options.batch, options.real_share
        if self._share is not None and not 0 < faces.real < len(faces):
            kind = "mixed" if faces.real else "real"
            raise DistillError(f"students.real_share: expected real and mixed faces, there are no {kind} ones")
        self.device = device = faces.images.device
        self.low_share = torch.zeros((), device=device)
        self._compressed = round(self._batch * options.degrade.h264) if store else 0
        if store and self._compressed:
            self._stored_views, self._stored_rows = _place(store, faces, device)

    @torch.no_grad()
    def draw(self) -> Batch:
        """Draw views uint8 (N,3,S,S) RGB, targets float32 (N,dim) and people int64 (N,)."""
        rows = self._draw_rows(self._batch - self._compressed)
        views = self.views(self.faces.images[rows])
        if self._compressed:
            stored = torch.randint(len(self._stored_rows), (self._compressed,), device=rows.device)
            views = torch.cat([views, self._stored_views[stored]])
            rows = torch.cat([rows, self._stored_rows[stored]])
        wants_low = torch.rand(len(rows), 1, device=rows.device) < self.low_share
        targets = torch.where(wants_low, self.faces.low[rows], self.faces.sharp[rows])
        return views, targets, self.faces.people[rows]

    @torch.no_grad()
    def measure_fit(self, student: Student) -> float:
        """The mean cosine of a student in evaluation mode with the targets of the held-out faces, shrunk by area."""
        faces, cosines = self.faces, []
        for start in range(0, len(faces.held_images), CHUNK):
            views = self.views.shrink(faces.held_images[start : start + CHUNK])
            features = student(normalise_pixels(views).contiguous(memory_format=torch.channels_last)).float()
            cosines.append(cosine_similarity(features, faces.held_targets[start : start + CHUNK]))
        return float(torch.cat(cosines).mean())

    def sample_views(self, count: int, copies: int) -> Chips:
        """Several new views of a few faces, BGR uint8 (count,copies,S,S,3)."""
        rows = torch.randint(len(self.faces), (count,), device=self.device)
        order = torch.randperm(count * copies).to(rows.device)  # a batch of views has its kinds one after the other
        views = self.views(self.faces.images[rows.repeat_interleave(copies)[order]])
        return from_device(views[torch.argsort(order)]).reshape(count, copies, *views.shape[2:], 3)

    def _draw_rows(self, count: int) -> Tensor:
        """Rows int64 (count,) in random order, as the views need them."""
        faces, device = self.faces, self.device
        if self._share is None:
            return torch.randint(len(faces), (count,), device=device)
        real = round(count * self._share)
        chosen = [
            torch.randint(faces.real, (real,), device=device),
            torch.randint(faces.real, len(faces), (count - real,), device=device),
        ]
        return torch.cat(chosen)[torch.argsort(torch.rand(count, device=device))]


def open_codec_store(
    path: Path, faces: DeviceFaces, views: ViewMaker, options: StudentSettings, *, seed: int
) -> CodecStore:
    """Read the compressed views of real faces, or make and store them."""
    made_with = describe_store(options.size, options.degrade, seed)
    known = load_store(path, made_with)
    if known is not None:
        return known
    torch.manual_seed(seed)
    rng, count = np.random.default_rng(seed), options.degrade.h264_views
    rows = torch.randint(faces.real, (count,), device=faces.images.device)
    made = [from_device(views(faces.images[rows[k : k + CHUNK]])) for k in range(0, count, CHUNK)]
    store = CodecStore(compress_sheets(np.concatenate(made), rng), faces.rows[rows].cpu().numpy())
    save_store(path, store, made_with)
    return store


def _place(store: CodecStore, faces: DeviceFaces, device: torch.device) -> tuple[Tensor, Tensor]:
    """The stored views of faces that are learnt from, RGB (K,3,S,S), and the places of these faces (K,)."""
    places = {row: place for place, row in enumerate(faces.rows[: faces.real].tolist())}
    found = np.array([row in places for row in store.faces.tolist()], bool)
    views = torch.from_numpy(store.views[found]).to(device).flip(3).permute(0, 3, 1, 2).contiguous()
    return views, torch.tensor([places[row] for row in store.faces[found].tolist()], device=device)
