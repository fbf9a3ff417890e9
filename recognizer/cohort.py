"""`python -m recognizer.cohort`: make the strangers that a recogniser's scores are normalised against.

Each template is the mean of the vectors of two people who look alike, so the file holds the vector of no real person,
and yet tells of groups of people: the mean of any two is a face of no group, and strangers of one kind say little about
the others. For the same reason the sources should show people of all kinds, and hold none whom a calibration is
measured with; --apart-from leaves out faces that resemble them. Sources are zips or folders of aligned pictures, and
each gives faces in proportion to its size.
"""

import argparse
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console

from detectors.arrays import Float32, Image, Index, Mask
from detectors.runtime import Runtime
from recognizer.base import Recognizer
from recognizer.load import load_recognizer
from recognizer.normalisation import Cohort
from recognizer.population import count_pictures, embed_enrolled, read_named_pictures, read_people
from recognizer.preprocess import l2_normalise

SAME_PERSON_COSINE = (
    0.6  # strangers hardly ever reach it, and dropping those who come near would drop what a cohort is for
)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns 0 when the file is written, 2 for wrong usage or data."""
    options = _parser().parse_args(arguments)
    try:
        recognizer = load_recognizer(options.recognizer, runtime=Runtime(threads=options.threads))
        needed = options.count if options.real else 2 * options.count
        drawn = draw_faces([Path(source) for source in options.data], needed, named=options.named)
        people, vectors = drawn.people, embed_enrolled(recognizer, drawn.faces)
        if options.apart_from:
            apart = are_apart(vectors, _embed_people(recognizer, Path(options.apart_from)))
            people, vectors = people[apart], vectors[apart]
        vectors = vectors if options.real else average_look_alikes(vectors, people)
        cohort = Cohort(vectors, weights=recognizer.weights)
    except (ValueError, IndexError, OSError) as error:
        Console(stderr=True).print(f"[red]error:[/] {error}")
        return 2
    cohort.save(Path(options.out))
    return 0


@dataclass(frozen=True, slots=True)
class Drawn:
    """Aligned pictures, and a number for the person on each, (N,)."""

    faces: list[Image]
    people: Index


def draw_faces(sources: Sequence[Path], count: int, *, named: bool = False, seed: int = 0) -> Drawn:
    """Random faces in random order, of each source in proportion to its size.

    named: a folder holds the pictures of one person; otherwise each picture is one. Raises OSError, ValueError.
    """
    sizes = [count_pictures(source) for source in sources]
    shares = [math.ceil(count * size / max(sum(sizes), 1)) for size in sizes]
    found = [
        (f"{source}/{person}" if named else "", face)
        for source, most in zip(sources, shares, strict=True)
        if most
        for person, face in read_named_pictures(source, most=most)
    ]
    names = sorted({person for person, _ in found})
    people = np.array([names.index(person) for person, _ in found]) if named else np.arange(len(found))
    order = np.random.default_rng(seed).permutation(len(found))[:count]
    return Drawn([found[row][1] for row in order], np.asarray(people[order], np.intp))


def average_look_alikes(vectors: Float32, people: Index) -> Float32:
    """The mean directions of two faces that look alike, unit rows (about N // 2, D) of (N,D).

    Every face in turn is joined with the nearest one that is left, of another number in `people` (N,) and below
    SAME_PERSON_COSINE.
    """
    free = np.ones(len(vectors), np.bool_)
    pairs: list[tuple[int, int]] = []
    for row in range(len(vectors)):
        if not free[row]:
            continue
        free[row] = False
        cosines = vectors @ vectors[row]
        fit = free & (people != people[row]) & (cosines < SAME_PERSON_COSINE)
        if fit.any():
            other = int(np.where(fit, cosines, -2).argmax())
            free[other] = False
            pairs.append((row, other))
    rows = np.array(pairs, np.intp).reshape(-1, 2)
    return l2_normalise(vectors[rows[:, 0]] + vectors[rows[:, 1]])


def are_apart(vectors: Float32, people: Float32) -> Mask:
    """Which of the unit vectors (C,D) stay below SAME_PERSON_COSINE with every one of `people` (P,D), bool (C,)."""
    return np.asarray((vectors @ people.T).max(axis=1) < SAME_PERSON_COSINE, np.bool_)


def _embed_people(recognizer: Recognizer, source: Path) -> Float32:
    """A vector of everybody's first picture, (P,D)."""
    firsts = [pictures[0] for pictures in read_people(source).values()]
    return embed_enrolled(recognizer, firsts)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m recognizer.cohort", description=__doc__)
    parser.add_argument("--recognizer", required=True, help="tiny, base, large, embedded, or an ONNX file")
    parser.add_argument("--data", required=True, nargs="+", help="folders or zips of aligned faces")
    parser.add_argument("--out", required=True, help="file to write")
    parser.add_argument("--count", type=int, default=5000, help="strangers (5000)")
    parser.add_argument("--apart-from", help="folder or zip of person/picture: people who must not be among them")
    parser.add_argument("--named", action="store_true", help="a folder holds the pictures of one person")
    parser.add_argument("--real", action="store_true", help="keep the vectors of the faces themselves")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (1)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
