"""Labelled faces on disk, in shards that are written atomically.

A shard holds the teacher's raw features, not adapted targets: labels take most of the computing time, and so they stay
valid for another adaptation head.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from detectors.arrays import Chips, Float16, Int64
from distill.work_folder import WorkFolder

KINDS = ("real", "mixed")


@dataclass(frozen=True, slots=True)
class Shard:
    """Labelled faces. At least one of `low` and `sharp` is given.

    images: sharp faces BGR uint8 (N,M,M,3). low: teacher features float16 (N,D) of the faces at `label.low_px`.
    sharp: features (N,D) of the sharp faces. rows: int64 (N,) rows of the prepared faces, -1 for synthetic faces.
    """

    images: Chips
    low: Float16 | None
    sharp: Float16 | None
    rows: Int64

    def __len__(self) -> int:
        return len(self.images)


def write_shard(path: Path, shard: Shard) -> None:
    """Write the arrays to a temporary folder and rename it to `path`."""
    partial = path.with_name(path.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    arrays = {"views": shard.images, "low": shard.low, "sharp": shard.sharp, "faces": shard.rows}
    for name, array in arrays.items():
        if array is not None:
            np.save(partial / f"{name}.npy", np.asarray(array))
    partial.rename(path)


def read_shard(path: Path) -> Shard:
    """Open a shard, its arrays memory-mapped and read-only."""
    arrays = {file.stem: np.load(file, mmap_mode="r") for file in path.glob("*.npy")}
    return Shard(arrays["views"], arrays.get("low"), arrays.get("sharp"), np.asarray(arrays["faces"]))


def find_shards(work: WorkFolder, kinds: Sequence[str] = KINDS) -> list[Path]:
    """Find the complete shards of these kinds, real ones first."""
    complete = [path for path in work.shards.glob("*-*") if path.suffix != ".partial"]
    wanted = [path for path in complete if path.name.partition("-")[0] in kinds]
    return sorted(wanted, key=lambda path: (not path.name.startswith("real"), path.name))
