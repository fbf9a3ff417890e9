"""What averaging gains when a chip is smaller than the face: LFW View 2 accuracy with and without it.

Chips are cut at N px from 112-pixel pictures, once by `cut_chip` and once by plain bilinear `cv2.warpAffine`. One large
recogniser that gets both enlarged in the same way judges them.

    python -m benchmarks.chips --recognizer edgeface_xs.onnx --settings configs/recognizers/edgeface_xs.yaml \
        --data lfw-view2.zip --pairs lfw-view2-pairs.txt
"""

import argparse
from collections.abc import Callable
from pathlib import Path

from detectors.runtime import Runtime

# isort: split
import cv2
import numpy as np

from benchmarks.section import print_markdown, provenance
from configs.markdown import table
from detectors.arrays import Image
from distill.metrics.lfw import read_faces, read_pairs
from distill.metrics.verification import accuracy, pair_scores
from recognizer.chips import cut_chip, similarity
from recognizer.load import load_recognizer
from recognizer.onnx import load_chip_spec
from recognizer.population import embed_shrunk
from recognizer.spec import ChipSpec, aligned_landmarks

SIZES_PX = (16, 24, 32)
LANDMARKS = aligned_landmarks(112).astype(np.float32)


def main() -> None:
    """Print the table."""
    options = _parser().parse_args()
    recognizer = load_recognizer(options.recognizer, spec=load_chip_spec(options.settings), runtime=Runtime())
    faces = read_faces(options.data)
    pairs = read_pairs(options.pairs, faces)

    def measure(cut: Callable[[Image, ChipSpec], Image], size: int) -> str:
        chips = [cut(picture, ChipSpec(size=size)) for picture in faces.images]
        vectors = embed_shrunk(recognizer, chips, size)
        return f"{100 * accuracy(pair_scores(vectors, vectors, pairs), pairs):.2f} %"

    rows = [[f"{size} px", measure(cut_averaged, size), measure(cut_bilinear, size)] for size in SIZES_PX]
    heads = ["chip", "averaged (served)", "plain bilinear"]
    print_markdown(f"{provenance('benchmarks.chips')}\n\n{table(heads, rows)}")


def cut_averaged(picture: Image, spec: ChipSpec) -> Image:
    """Cut a chip as serving does."""
    return cut_chip(picture, LANDMARKS, spec)


def cut_bilinear(picture: Image, spec: ChipSpec) -> Image:
    """Cut a chip with four pixels read for each of its own, as most face pipelines do."""
    matrix = similarity(aligned_landmarks(112) - 0.5, np.array(spec.template))
    return np.asarray(cv2.warpAffine(picture, matrix, (spec.size, spec.size), flags=cv2.INTER_LINEAR), np.uint8)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recognizer", required=True, help="ONNX file of a large recogniser")
    parser.add_argument("--settings", required=True, help="YAML with its chip_spec")
    parser.add_argument("--data", type=Path, required=True, help="folder or zip of LFW pictures aligned at 112 px")
    parser.add_argument("--pairs", type=Path, required=True, help="the official pair list")
    return parser


if __name__ == "__main__":
    main()
