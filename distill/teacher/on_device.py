"""Teachers on the device of the faces: each cuts its own chip from the 112-pixel face there, and nothing is copied."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import grid_sample, normalize

from detectors.arrays import Chips, Float32, Float64
from distill.data.matrices import resize_matrix
from distill.data.store import FACE_SIDE_PX
from distill.teacher.model import Ensemble, follows_arcface, template_warp
from distill.teacher.network import OnnxNetwork
from recognizer.spec import ChipSpec

BATCH_SIZE = {"cpu": 16, "cuda": 1024}


class DeviceTeacher:
    """One recogniser that torch runs, for faces that are aligned to the ArcFace template at 112 pixels."""

    def __init__(self, model: Path, spec: ChipSpec, device: torch.device, dtype: torch.dtype | None = None) -> None:
        self.spec, self.device = spec, device
        self._network = OnnxNetwork(model, device, dtype)
        self._mean, self._std = (torch.tensor(one, device=device)[:, None, None] for one in (spec.mean, spec.std))
        warp = None if follows_arcface(spec) else template_warp(spec)
        self._grid = None if warp is None else _sampling_grid(warp, spec.size).to(device)
        matrix = resize_matrix(FACE_SIDE_PX, spec.size, cv2.INTER_AREA)
        self._shrink = None if spec.size == FACE_SIDE_PX else torch.from_numpy(matrix).to(device)

    def embed(self, faces: Chips) -> Float32:
        """Embed faces BGR uint8 (N,112,112,3) to unit rows float32 (N,D)."""
        size = BATCH_SIZE[self.device.type]
        parts = [self.embed_tensor(to_device(faces[k : k + size], self.device)) for k in range(0, len(faces), size)]
        rows: Float32 = torch.cat(parts).cpu().numpy()
        return rows

    @torch.no_grad()
    def embed_tensor(self, faces: Tensor) -> Tensor:
        """Embed faces uint8 (N,3,112,112) RGB on the device to unit rows float32 (N,D)."""
        chips = self._cut_chips(faces.float()).round()
        ordered = chips.flip(1) if self.spec.color == "BGR" else chips
        return normalize(self._network((ordered - self._mean) / self._std))

    def _cut_chips(self, faces: Tensor) -> Tensor:
        """Map float (N,3,112,112) to the chips (N,3,size,size) of this recogniser, black where a face ends."""
        if self._grid is not None:
            grid = self._grid.expand(len(faces), -1, -1, -1)
            return grid_sample(faces, grid, padding_mode="zeros", align_corners=False)
        return faces if self._shrink is None else self._shrink @ faces @ self._shrink.mT


class DeviceEnsemble(Ensemble):
    """Several teachers on one device as one, for arrays and for tensors."""

    def __init__(self, teachers: Sequence[DeviceTeacher], weights: Sequence[float]) -> None:
        super().__init__(teachers, weights)
        self._on_device, self.device = teachers, teachers[0].device

    @torch.no_grad()
    def embed_tensor(self, faces: Tensor) -> Tensor:
        """Embed faces uint8 (N,3,112,112) RGB on the device to unit rows float32 (N, sum of D)."""
        size = BATCH_SIZE[self.device.type]
        return torch.cat([self._embed_batch(faces[k : k + size]) for k in range(0, len(faces), size)])

    def _embed_batch(self, faces: Tensor) -> Tensor:
        pairs = zip(self._on_device, self._weights, strict=True)
        return normalize(torch.cat([weight * teacher.embed_tensor(faces) for teacher, weight in pairs], 1))


def to_device(faces: Chips, device: torch.device) -> Tensor:
    """Copy faces BGR uint8 (N,S,S,3) to a device as RGB uint8 (N,3,S,S)."""
    return torch.from_numpy(np.array(faces)).to(device).flip(3).permute(0, 3, 1, 2).contiguous()


def from_device(faces: Tensor) -> Chips:
    """Copy faces RGB uint8 (N,3,S,S) from a device to BGR uint8 (N,S,S,3)."""
    chips: Chips = faces.permute(0, 2, 3, 1).flip(3).contiguous().cpu().numpy()
    return chips


def _sampling_grid(warp: Float64, size: int) -> Tensor:
    """Where `grid_sample` finds each pixel of a chip in the 112-pixel face: float32 (1,size,size,2).

    warp: (2,3) from the face to the chip, in coordinates of pixel centres.
    """
    back = cv2.invertAffineTransform(warp)
    y, x = np.mgrid[0:size, 0:size].astype(np.float64)
    places = np.stack([x, y, np.ones_like(x)], -1) @ back.T  # (size,size,2)
    return torch.from_numpy((2 * places + 1) / FACE_SIDE_PX - 1).float()[None]
