"""LFW View 2: its faces and its 6,000 pairs, read from a folder or zip of aligned chips and the official list."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from detectors.arrays import Chips, Index, Mask
from distill.data.sources import read_pictures
from distill.errors import DistillError


@dataclass(frozen=True, slots=True)
class LfwFaces:
    """images: BGR uint8 (N,112,112,3), ArcFace template. names: `Name/Name_0001.jpg`."""

    images: Chips
    names: tuple[str, ...]

    @property
    def people(self) -> tuple[str, ...]:
        """Whose face each one is."""
        return tuple(PurePosixPath(name).parent.name for name in self.names)


@dataclass(frozen=True, slots=True)
class Pairs:
    """first, second: rows of the faces, (P,). same: bool (P,). fold: which of the folds each belongs to, (P,)."""

    first: Index
    second: Index
    same: Mask
    fold: Index


def read_faces(path: Path) -> LfwFaces:
    """Every face of the test. Raises DistillError for a picture that is unreadable or of another size."""
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
    """The official list: `folds pairs`, then for each fold that many lines of `Name i j` and of `Name i Other j`.

    Raises DistillError for a line of another shape or a face that is not there.
    """
    rows = {PurePosixPath(name).stem: index for index, name in enumerate(faces.names)}
    head, *lines = path.read_text(encoding="utf-8").splitlines() or [""]
    counts = head.split()
    if len(counts) != 2 or not all(part.isdigit() for part in counts):
        raise DistillError(f"{path}: expected `folds pairs` on the first line, got {head!r}")
    folds, each = (int(part) for part in counts)
    found = [_pair(line, rows, path) for line in lines if line.strip()]
    if len(found) != 2 * folds * each:
        raise DistillError(f"{path}: expected {2 * folds * each} pairs, got {len(found)}")
    first, second, same = (np.array(column) for column in zip(*found, strict=True))
    return Pairs(first, second, same.astype(bool), np.arange(len(found)) // (2 * each))


def _pair(line: str, rows: dict[str, int], path: Path) -> tuple[int, int, bool]:
    parts = line.split()
    if len(parts) not in (3, 4):
        raise DistillError(f"{path}: expected `Name i j` or `Name i Other j`, got {line!r}")
    one, two = (parts[0], parts[1]), (parts[-2] if len(parts) == 4 else parts[0], parts[-1])
    stems = [f"{name}_{int(number):04d}" for name, number in (one, two)]
    missing = [stem for stem in stems if stem not in rows]
    if missing:
        raise DistillError(f"{path}: no face {missing[0]}")
    return rows[stems[0]], rows[stems[1]], len(parts) == 3
