"""Reads LFW View 2: aligned faces from a folder or zip, and the official list of 6,000 pairs."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from detectors.arrays import Chips, Index, Mask
from distill.data.sources import read_pictures
from distill.errors import DistillError


@dataclass(frozen=True, slots=True)
class LfwFaces:
    """The test faces. images: BGR uint8 (N,112,112,3), ArcFace template. names: as `Name/Name_0001.jpg`."""

    images: Chips
    names: tuple[str, ...]

    @property
    def people(self) -> tuple[str, ...]:
        """The name of the person on each face."""
        return tuple(PurePosixPath(name).parent.name for name in self.names)


@dataclass(frozen=True, slots=True)
class Pairs:
    """The test pairs. first, second: rows of the faces (P,). same: whether it is one person (P,). fold: number (P,)."""

    first: Index
    second: Index
    same: Mask
    fold: Index


def read_faces(path: Path) -> LfwFaces:
    """Read all test faces. Raises DistillError for a picture that is unreadable or of another size."""
    images: list[Chips] = []
    names: list[str] = []
    for picture in read_pictures(path):
        image = picture.decode()
        if image is None or image.shape != (112, 112, 3):
            raise DistillError(f"{path}: {picture.name}: expected a readable 112x112 chip")
        images.append(image)
        names.append("/".join(PurePosixPath(picture.name).parts[-2:]))
    return LfwFaces(np.asarray(images, np.uint8), tuple(names))


def read_pairs(path: Path, faces: LfwFaces) -> Pairs:
    """Read the official list: `folds pairs`, then for each fold `pairs` lines `Name i j` and as many `Name i Other j`.

    Raises DistillError for a malformed line, a missing face or a wrong number of pairs.
    """
    rows = {PurePosixPath(name).stem: index for index, name in enumerate(faces.names)}
    head, *lines = path.read_text(encoding="utf-8").splitlines() or [""]
    counts = head.split()
    if len(counts) != 2 or not all(part.isdecimal() for part in counts):
        raise DistillError(f"{path}: expected `folds pairs` on the first line, got {head!r}")
    fold_count, pairs_per_kind = (int(part) for part in counts)
    pairs = [_pair(line, rows, path) for line in lines if line.strip()]
    if len(pairs) != 2 * fold_count * pairs_per_kind:
        raise DistillError(f"{path}: expected {2 * fold_count * pairs_per_kind} pairs, got {len(pairs)}")
    first, second, same = (np.array(column) for column in zip(*pairs, strict=True))
    return Pairs(first, second, same.astype(bool), np.arange(len(pairs)) // (2 * pairs_per_kind))


def _pair(line: str, rows: dict[str, int], path: Path) -> tuple[int, int, bool]:
    parts = line.split()
    if len(parts) not in (3, 4) or not (parts[1].isdecimal() and parts[-1].isdecimal()):
        raise DistillError(f"{path}: expected `Name i j` or `Name i Other j`, got {line!r}")
    first, second = (parts[0], parts[1]), (parts[-2] if len(parts) == 4 else parts[0], parts[-1])
    stems = [f"{name}_{int(number):04d}" for name, number in (first, second)]
    missing = [stem for stem in stems if stem not in rows]
    if missing:
        raise DistillError(f"{path}: no face {missing[0]}")
    return rows[stems[0]], rows[stems[1]], len(parts) == 3
