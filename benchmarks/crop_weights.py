"""What crops should be weighted by: rank-1 among everybody, pooling five photographs of faces of 8 to 24 pixels.

    python -m benchmarks.crop_weights --recognizer edgeface_xs.onnx --settings configs/recognizers/edgeface_xs.yaml \
        --data lfw-view2.zip
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
WEIGHTS = ("equal", "height", "height²", "sharpness", "height x sharpness", "as served")


def main() -> None:
    """Print the table."""
    options = _parser().parse_args()
    recognizer = load_recognizer(options.recognizer, spec=load_chip_spec(options.settings), runtime=Runtime())
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
    """Vectors (5,D) of crops of random sizes, and their weights (6,5)."""
    chips, rows = [], []
    for picture in pictures:
        px = int(random.integers(SMALLEST_PX, LARGEST_PX + 1))
        image, points = shrink_face(picture, px, jitter=LANDMARK_JITTER, random=random)
        chip = cut_chip(image, points, recognizer.spec_for(px))
        sharp = sharpness(chip)
        served = crop_weight(chip, face_px=px, landmarks=points, score=1.0)
        rows.append([1, px, px**2, sharp, px * sharp, served])
        chips.append(chip)
    return recognizer.embed(np.stack(chips)), np.array(rows, np.float32).T


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recognizer", required=True, help="ONNX file")
    parser.add_argument("--settings", required=True, help="YAML with its chip_spec")
    parser.add_argument("--data", required=True, help="folder or zip of person/picture, aligned")
    return parser


if __name__ == "__main__":
    main()
