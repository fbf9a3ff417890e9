"""Choose the faces of the cohorts that ship: of all groups alike, and of nobody whom `benchmarks.fairness` measures.

Of UTKFace, about as many of each origin, sex and age as there are of the rarest, and some of each other set. Faces that
the teacher finds alike those of a measured person, or of the people that a calibration is measured with, are left out,
as `same_people` tells. Of RMFD, the people whose misses are counted are left out. Each person has a folder in the zip.

    python -m benchmarks.fairness.cohort_faces --faces FOLDER --people lfw-view2.zip --teacher edgeface_xs.onnx \\
        --out cohort-faces.zip
"""

import argparse
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from rich.console import Console

from benchmarks.fairness.misses import misses_count, rmfd_name
from benchmarks.fairness.people import (
    GROWN,
    ORIGINS,
    Person,
    list_pictures,
    parse_utk,
    portrait_number,
    read_portraits,
    read_utk,
)
from benchmarks.fairness.same_people import SAME, SAME_CHILD, read_sharp
from detectors.arrays import Float32, Image, Mask
from detectors.pictures import decode_picture
from recognizer.population import read_people

GROWN_FACES = {"White": 1000, "Black": 1500, "Asian": 3000, "Indian": 1500, "Others": 1000}
CHILDREN = 800
OTHER_SETS = {"rmfd": 1250, "celeba": 1000, "mask12k": 500, "headshots": 500, "uk": 500, "realfake": 400}
SPARE = 2  # so many times as many are looked at: some are left out


@dataclass(frozen=True, slots=True)
class Face:
    """One picture. path: in the zip to write, a folder for each person; young: below GROWN years."""

    path: str
    data: bytes
    young: bool


def main() -> None:
    """Write the zip and say how many faces it holds."""
    options = _parser().parse_args()
    measured = [*read_utk(options.faces / "utk.zip", most=options.most)]
    measured += read_portraits(options.faces, most=options.most)
    calibrated = [pictures[0] for pictures in read_people(options.people).values()]
    known = read_sharp(options.teacher, [*(picture for _, picture in measured), *calibrated], cache=options.cache)
    young = np.array([*(is_young(person) for person, _ in measured), *(False for _ in calibrated)])
    written: dict[str, int] = {}
    with zipfile.ZipFile(options.out, "w") as archive:
        for name, most, faces in list_candidates(options.faces):
            vectors = read_sharp(options.teacher, [_decode(face) for face in faces], cache=options.cache)
            strangers = find_strangers(vectors, np.array([face.young for face in faces]), known, young)
            chosen = [face for face, stranger in zip(faces, strangers, strict=True) if stranger][:most]
            for face in chosen:
                archive.writestr(face.path, face.data)
            written[name] = len(chosen)
    Console().print(f"{options.out}: {sum(written.values())} faces: {written}")


def list_candidates(folder: Path) -> Iterator[tuple[str, int, list[Face]]]:
    """Groups and sets, how many faces of each are wanted, and SPARE times as many in random order. Raises OSError."""
    utk = {path: person for path in list_pictures(folder / "utk.zip") if (person := parse_utk(path))}
    for origin in ORIGINS:
        own = [path for path, person in utk.items() if person.origin == origin and not is_young(person)]
        yield origin, GROWN_FACES[origin], _draw(folder / "utk.zip", own, GROWN_FACES[origin], utk)
    young = [path for path, person in utk.items() if is_young(person)]
    yield "children", CHILDREN, _draw(folder / "utk.zip", young, CHILDREN, utk)
    for name, most in OTHER_SETS.items():
        paths = [path for path in list_pictures(folder / f"{name}.zip") if name != "rmfd" or not misses_count(path)]
        yield name, most, _draw(folder / f"{name}.zip", paths, most, {})


def find_strangers(vectors: Float32, young: Mask, known: Float32, known_young: Mask) -> Mask:
    """Which faces (N,D) resemble nobody of `known` (K,D) as one person does, bool (N,)."""
    least = np.where(young[:, None] & known_young[None], SAME_CHILD, SAME)
    return np.asarray(~((vectors @ known.T) >= least).any(axis=1), np.bool_)


def is_young(person: Person) -> bool:
    """Whether this is a child by its label."""
    return 0 <= person.age < GROWN


def name_person(path: str) -> str:
    """The folder of a picture: the set, and who it is where the file's name tells; otherwise the file's own name."""
    name = PurePosixPath(path)
    told = {"rmfd": rmfd_name(path), "uk": portrait_number(path)}
    return f"{name.parts[0]}/{told.get(name.parts[0]) or name.stem}"


def _draw(source: Path, paths: Sequence[str], most: int, people: dict[str, Person]) -> list[Face]:
    order = np.random.default_rng(2).permutation(len(paths))[: SPARE * most]
    with zipfile.ZipFile(source) as archive:
        read = [(paths[row], archive.read(paths[row])) for row in order]
    return [
        Face(f"{name_person(path)}/{PurePosixPath(path).name}", data, path in people and is_young(people[path]))
        for path, data in read
        if decode_picture(data) is not None
    ]


def _decode(face: Face) -> Image:
    picture = decode_picture(face.data)
    assert picture is not None  # `_draw` has left out what cannot be read
    return picture


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=Path, required=True, help="folder of utk.zip, portraits and the other sets")
    parser.add_argument("--people", type=Path, required=True, help="zip of person/picture that calibrations use")
    parser.add_argument("--teacher", type=Path, required=True, help="recogniser that tells pairs of one person")
    parser.add_argument("--out", type=Path, required=True, help="zip to write")
    parser.add_argument("--most", type=int, default=1200, help="as given to benchmarks.fairness (1200)")
    parser.add_argument("--cache", type=Path, help="folder to keep what was read, and to use instead of reading")
    return parser


if __name__ == "__main__":
    main()
