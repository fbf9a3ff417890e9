"""`python -m recognizer.cohort`: make the strangers that a recogniser's scores are normalised against.

Each template shows a blend of two people's faces of one source, so the file holds the face of no real person. Sources
are zips or folders of aligned pictures, and each gives as many blends. They should be of several kinds: strangers of
one kind say little about the others. No source may hold the people a calibration is measured with; --apart-from leaves
out templates that resemble them.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console

from detectors.arrays import Float32, Image, Mask
from detectors.runtime import Runtime
from recognizer.base import Recognizer
from recognizer.load import load_recognizer
from recognizer.normalisation import Cohort
from recognizer.population import embed_enrolled, read_people, read_pictures

SAME_PERSON_COSINE = 0.6  # strangers seldom exceed it: one pair in 100,000 of sharp photographs


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns 0 when the file is written, 2 for wrong usage or data."""
    options = _parser().parse_args(arguments)
    try:
        recognizer = load_recognizer(options.recognizer, runtime=Runtime(threads=options.threads))
        sources = [read_pictures(Path(source), most=options.count) for source in options.data]
        pictures = draw_faces(sources, options.count) if options.real else draw_blends(sources, options.count)
        vectors = embed_enrolled(recognizer, pictures)
        if options.apart_from:
            vectors = leave_out(vectors, _embed_people(recognizer, Path(options.apart_from)))
        cohort = Cohort(vectors, weights=recognizer.weights)
    except (ValueError, IndexError, OSError) as error:
        Console(stderr=True).print(f"[red]error:[/] {error}")
        return 2
    cohort.save(Path(options.out))
    return 0


def draw_blends(sources: Sequence[Sequence[Image]], count: int, *, seed: int = 0) -> list[Image]:
    """Blends of two random faces of one source in equal parts, BGR uint8 (S,S,3) each; the sources take turns."""
    random = np.random.default_rng(seed)
    blends = []
    for number in range(count):
        faces = sources[number % len(sources)]
        first, second = (faces[row] for row in random.choice(len(faces), 2, replace=False))
        blends.append(np.asarray(cv2.addWeighted(first, 0.5, second, 0.5, 0), np.uint8))
    return blends


def draw_faces(sources: Sequence[Sequence[Image]], count: int, *, seed: int = 0) -> list[Image]:
    """Random faces, as many of each source."""
    random = np.random.default_rng(seed)
    share = count // len(sources)
    return [faces[row] for faces in sources for row in random.permutation(len(faces))[:share]]


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
    parser.add_argument("--count", type=int, default=1000, help="strangers (1000)")
    parser.add_argument("--apart-from", help="folder or zip of person/picture: people who must not be among them")
    parser.add_argument("--real", action="store_true", help="take the faces themselves instead of blends of two")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (1)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
