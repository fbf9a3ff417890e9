"""`python -m recognizer.cohort`: make the strangers that a recogniser's scores are normalised against.

Each template is the mean of two people's vectors, so the file holds the vector of no real person. Sources are zips or
folders of aligned pictures, and each gives faces in proportion to its size. They should be of several kinds: strangers
of one kind say little about the others. No source may hold the people a calibration is measured with; --apart-from
leaves out faces that resemble them.
"""

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console

from detectors.arrays import Float32, Image, Mask
from detectors.runtime import Runtime
from recognizer.base import Recognizer
from recognizer.load import load_recognizer
from recognizer.normalisation import Cohort
from recognizer.population import count_pictures, embed_enrolled, read_people, read_pictures
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
        vectors = embed_enrolled(recognizer, draw_faces([Path(source) for source in options.data], needed))
        if options.apart_from:
            vectors = leave_out(vectors, _embed_people(recognizer, Path(options.apart_from)))
        vectors = vectors if options.real else average_pairs(vectors)
        cohort = Cohort(vectors, weights=recognizer.weights)
    except (ValueError, IndexError, OSError) as error:
        Console(stderr=True).print(f"[red]error:[/] {error}")
        return 2
    cohort.save(Path(options.out))
    return 0


def draw_faces(sources: Sequence[Path], count: int, *, seed: int = 0) -> list[Image]:
    """Random faces in random order, of each source in proportion to its size. Raises OSError, ValueError."""
    sizes = [count_pictures(source) for source in sources]
    shares = [math.ceil(count * size / max(sum(sizes), 1)) for size in sizes]
    faces = [
        face for source, most in zip(sources, shares, strict=True) if most for face in read_pictures(source, most=most)
    ]
    return [faces[row] for row in np.random.default_rng(seed).permutation(len(faces))[:count]]


def average_pairs(vectors: Float32) -> Float32:
    """The mean directions of two vectors each, unit rows (C // 2, D) of (C,D)."""
    half = len(vectors) // 2
    return l2_normalise(vectors[:half] + vectors[half : 2 * half])


def leave_out(vectors: Float32, people: Float32) -> Float32:
    """The unit vectors (C,D) whose cosine with every one of `people` (P,D) stays below SAME_PERSON_COSINE."""
    alone: Mask = (vectors @ people.T).max(axis=1) < SAME_PERSON_COSINE
    return np.asarray(vectors[alone], np.float32)


def _embed_people(recognizer: Recognizer, source: Path) -> Float32:
    """A vector of everybody's first picture, (P,D)."""
    firsts = [pictures[0] for pictures in read_people(source).values()]
    return embed_enrolled(recognizer, firsts)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m recognizer.cohort", description=__doc__)
    parser.add_argument("--recognizer", required=True, help="tiny, base, large, embedded, or an ONNX file")
    parser.add_argument("--data", required=True, nargs="+", help="folders or zips of aligned faces")
    parser.add_argument("--out", required=True, help="file to write")
    parser.add_argument("--count", type=int, default=2000, help="strangers (2000)")
    parser.add_argument("--apart-from", help="folder or zip of person/picture: people who must not be among them")
    parser.add_argument("--real", action="store_true", help="keep the vectors of the faces themselves")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (1)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
