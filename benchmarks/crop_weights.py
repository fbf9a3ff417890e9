"""What crops should be weighted by: rank-1 among everybody, pooling five photographs of faces of 8 to 24 pixels.

    python -m benchmarks.crop_weights --recognizer base --data lfw-view2.zip

*Length* is that of the feature, which is greater for a face that is read well; it is the same for all crops of a model
that gives none.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console

from benchmarks.section import provenance
from configs.markdown import table
from detectors.arrays import Float32, Image
from detectors.runtime import Runtime
from recognizer.base import Recognizer
from recognizer.chips import cut_chip
from recognizer.load import load_recognizer
from recognizer.onnx import load_chip_spec
from recognizer.population import LANDMARK_JITTER, embed_enrolled, read_people, shrink_face
from recognizer.quality import crop_weight, sharpness

CROPS, ROUNDS = 5, 4
SMALLEST_PX, LARGEST_PX = 8, 24
WEIGHTS = (
    "equal",
    "height",
    "height²",
    "sharpness",
    "height x sharpness",
    "length",
    "length²",
    "height² x length",
    "height² x length²",
    "as served",
    "as served x length²",
)


def main() -> None:
    """Print the table."""
    options = _parser().parse_args()
    spec = load_chip_spec(options.settings) if options.settings else None
    recognizer = load_recognizer(options.recognizer, spec=spec, runtime=Runtime())
    people = read_people(Path(options.data))
    rates = rank_1(recognizer, people)
    row = ["rank-1", *(f"{rate:.1f} %" for rate in rates)]
    Console(soft_wrap=True, highlight=False, markup=False).print(
        f"{provenance('benchmarks.crop_weights')}\n\n{table(['weight', *WEIGHTS], [row])}"
    )


def rank_1(recognizer: Recognizer, people: dict[str, list[Image]]) -> Float32:
    """Per cent of the pooled probes whose nearest enrolled face is the right person's, for each of WEIGHTS."""
    names, random = sorted(people), np.random.default_rng(7)
    gallery = embed_enrolled(recognizer, [people[name][0] for name in names])
    probed = [number for number, name in enumerate(names) if len(people[name]) > CROPS]
    hits = np.zeros(len(WEIGHTS), np.float32)
    for _ in range(ROUNDS):
        for person in probed:
            vectors, weights = _embed_crops(recognizer, people[names[person]][1 : CROPS + 1], random)
            hits += (weights @ vectors @ gallery.T).argmax(axis=1) == person
    return np.asarray(100 * hits / (ROUNDS * len(probed)), np.float32)


def _embed_crops(
    recognizer: Recognizer, pictures: Sequence[Image], random: np.random.Generator
) -> tuple[Float32, Float32]:
    """Vectors (5,D) of crops of random sizes, and the weights (len(WEIGHTS),5)."""
    chips, rows = [], []
    for picture in pictures:
        px = int(random.integers(SMALLEST_PX, LARGEST_PX + 1))
        image, points = shrink_face(picture, px, jitter=LANDMARK_JITTER, random=random)
        chip = cut_chip(image, points, recognizer.spec_for(px))
        sharp = sharpness(chip)
        weight = crop_weight(chip, face_px=px, landmarks=points, score=1.0)
        rows.append([1, px, px**2, sharp, px * sharp, weight])
        chips.append(chip)
    readings = recognizer.read(np.stack(chips))
    equal, height, area, sharp, detail, served = np.array(rows, np.float32).T
    length = np.nan_to_num(readings.lengths, nan=1.0)
    by_length = [length, length**2, area * length, area * length**2, served, served * length**2]
    return readings.vectors, np.stack([equal, height, area, sharp, detail, *by_length])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recognizer", required=True, help="a family, or an ONNX file")
    parser.add_argument("--settings", help="YAML with the chip_spec of a file")
    parser.add_argument("--data", required=True, help="folder or zip of person/picture, aligned")
    return parser


if __name__ == "__main__":
    main()
