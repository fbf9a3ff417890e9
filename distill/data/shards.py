"""Labelled faces on disk, in shards that stand whole or not at all.

The surprising decision: a shard keeps the teacher's raw features, not the adapted targets. Another head then costs
nothing, and labels are what costs most here.
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
    """images: BGR uint8 (N,M,M,3) sharp faces. low: float16 (N,D) teacher features of the faces at the label's low
    size, or None. sharp: (N,D) of the full faces, or None; one of the two is there. rows: int64 (N,) rows of the
    store, -1 for synthetic ones."""

    images: Chips
    low: Float16 | None
    sharp: Float16 | None
    rows: Int64

    def __len__(self) -> int:
        return len(self.images)


def write_shard(path: Path, shard: Shard) -> None:
    """Write all arrays into a folder beside, then move it into place."""
    partial = path.with_name(path.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    arrays = {"views": shard.images, "low": shard.low, "sharp": shard.sharp, "faces": shard.rows}
    for name, array in arrays.items():
        if array is not None:
            np.save(partial / f"{name}.npy", np.asarray(array))
    partial.rename(path)


def read_shard(path: Path) -> Shard:
    """One shard, its arrays mapped read-only."""
    found = {file.stem: np.load(file, mmap_mode="r") for file in path.glob("*.npy")}
    return Shard(found["views"], found.get("low"), found.get("sharp"), np.asarray(found["faces"]))


def find_shards(work: WorkFolder, kinds: Sequence[str] = KINDS) -> list[Path]:
    """Every whole shard of these kinds, real ones first."""
    found = [path for path in work.shards.glob("*-*") if path.suffix != ".partial"]
    found = [path for path in found if path.name.partition("-")[0] in kinds]
    return sorted(found, key=lambda path: (not path.name.startswith("real"), path.name))
