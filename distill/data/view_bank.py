"""A bank of everything linear that a degradation does after the alignment: blur, motion, shrinking, enlarging.

Each entry is one matrix for the columns and one for the rows. They are drawn once; a view takes an entry at random.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from detectors.arrays import Float32
from distill.config import DegradeSettings
from distill.data.matrices import defocus_matrix, motion_matrix, resize_matrix

ENTRIES = 2048
ENLARGED_FRACTION = 0.125  # of the entries
MIN_PX = 4
INTERPOLATIONS = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)


@dataclass(frozen=True, slots=True)
class Entry:
    """What happens to a face (side,side) on its way to a view (size,size).

    columns, rows: (size,side). noise: (size,size), what enlarging makes of independent noise on the small picture.
    """

    columns: Float32
    rows: Float32
    noise: Float32


class ViewBank:
    """Matrices of many degradations, on one device.

    Entry 0 only shrinks by area. The entries `enlarged` shrink by area to fewer pixels and enlarge by cubic
    interpolation. The entries `degraded` blur, move, and resample with random kernels.
    columns, rows: (entries,size,side). noise: (entries,size,size).
    """

    def __init__(
        self,
        size: int,
        side: int,
        settings: DegradeSettings,
        *,
        seed: int,
        device: torch.device,
        dtype: torch.dtype = torch.float32,
        entries: int = ENTRIES,
    ) -> None:
        """size: pixels of a view. side: pixels of the aligned face that it is made of."""
        rng = np.random.default_rng(seed)
        enlarged = max(1, int(entries * ENLARGED_FRACTION))
        self.enlarged, self.degraded = range(1, 1 + enlarged), range(1 + enlarged, entries)
        made = [_resample(size, side, size, cv2.INTER_AREA, cv2.INTER_AREA)]
        made += [_draw_enlarged(size, side, settings, rng) for _ in self.enlarged]
        made += [_draw_degraded(size, side, settings, rng) for _ in self.degraded]
        self.columns, self.rows, self.noise = (
            torch.from_numpy(np.stack([getattr(entry, name) for entry in made])).to(device, dtype)
            for name in ("columns", "rows", "noise")
        )

    def apply(self, faces: Tensor, entries: Tensor) -> Tensor:
        """Make views (N,3,size,size) of aligned faces (N,3,side,side) by the entries int64 (N,)."""
        columns, rows = self.columns[entries][:, None], self.rows[entries][:, None]
        return rows @ faces @ columns.mT


def _draw_enlarged(size: int, side: int, settings: DegradeSettings, rng: np.random.Generator) -> Entry:
    pixels = rng.uniform(settings.enlarged_from_px, settings.enlarged_to_px)
    return _resample(size, side, pixels, cv2.INTER_AREA, cv2.INTER_CUBIC)


def _draw_degraded(size: int, side: int, settings: DegradeSettings, rng: np.random.Generator) -> Entry:
    """Motion along a slanted line is taken for a motion along both axes, which a matrix for each can do."""
    pixels = size if rng.random() < settings.native_size else rng.uniform(settings.from_px, settings.to_px)
    down, up = (INTERPOLATIONS[rng.integers(len(INTERPOLATIONS))] for _ in range(2))
    entry = _resample(size, side, pixels, down, up)
    columns, rows = entry.columns, entry.rows
    pitch = side / pixels  # pixels of the face per pixel of the sensor
    if rng.random() < settings.motion:
        length, angle = pitch * rng.uniform(0.5, 2.5), rng.uniform(0, np.pi)
        columns = columns @ motion_matrix(side, length * abs(np.cos(angle)))
        rows = rows @ motion_matrix(side, length * abs(np.sin(angle)))
    if rng.random() < settings.blur:
        blur = defocus_matrix(side, pitch * rng.uniform(0.2, 0.9))
        columns, rows = columns @ blur, rows @ blur
    return Entry(columns, rows, entry.noise)


def _resample(size: int, side: int, pixels: float, down: int, up: int) -> Entry:
    small = max(MIN_PX, round(pixels))
    enlarge = resize_matrix(small, size, up)
    both = enlarge @ resize_matrix(side, small, down)
    noise = np.zeros((size, size), np.float32)
    noise[:, : min(small, size)] = enlarge if small <= size else np.eye(size) * (size / small) ** 0.5
    return Entry(both, both, noise)
