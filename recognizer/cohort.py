"""`python -m recognizer.cohort`: make the strangers that a recogniser's scores are normalised against.

Each template shows a blend of two people's faces, so the file holds the face of no real person. Faces come from zips or
folders of aligned pictures, one picture a person. None of these people may be among those a calibration is measured
with.
"""

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console

from detectors.arrays import Image
from detectors.runtime import Runtime
from recognizer.load import load_recognizer
from recognizer.normalisation import Cohort
from recognizer.population import embed_shrunk, read_pictures


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns 0 when the file is written, 2 for wrong usage or data."""
    options = _parser().parse_args(arguments)
    try:
        recognizer = load_recognizer(options.recognizer, runtime=Runtime(threads=options.threads))
        faces = [picture for source in options.data for picture in read_pictures(Path(source))]
        pictures = faces[: options.count] if options.real else blend_pairs(faces, options.count)
        cohort = Cohort(embed_shrunk(recognizer, pictures, len(pictures[0])), weights=recognizer.weights)
    except (ValueError, IndexError, OSError) as error:
        Console(stderr=True).print(f"[red]error:[/] {error}")
        return 2
    cohort.save(Path(options.out))
    return 0


def blend_pairs(faces: list[Image], count: int, *, seed: int = 0) -> list[Image]:
    """Blends of two random faces in equal parts, one of them mirrored half of the time; BGR uint8 (S,S,3) each."""
    random = np.random.default_rng(seed)
    blends = []
    for _ in range(count):
        first, second = (faces[row] for row in random.choice(len(faces), 2, replace=False))
        other = second[:, ::-1] if random.random() < 0.5 else second
        blends.append(np.asarray(cv2.addWeighted(first, 0.5, np.ascontiguousarray(other), 0.5, 0), np.uint8))
    return blends


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m recognizer.cohort", description=__doc__)
    parser.add_argument("--recognizer", required=True, help="tiny, base, large, embedded, or an ONNX file")
    parser.add_argument("--data", required=True, nargs="+", help="folders or zips of aligned faces, one a person")
    parser.add_argument("--out", required=True, help="file to write")
    parser.add_argument("--count", type=int, default=1000, help="strangers (1000)")
    parser.add_argument("--real", action="store_true", help="take the faces themselves instead of blends of two")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (1)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
