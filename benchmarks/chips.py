"""What averaging buys when a chip is smaller than the face: LFW View 2 accuracy with and without it.

Chips are cut at N px from 112-pixel pictures, once by `cut_chip` and once by plain bilinear `cv2.warpAffine`, and
judged by a large recogniser that gets both enlarged in the same way. The difference is what a small student never sees.

    python -m benchmarks.chips --recognizer edgeface_xs.onnx --settings configs/recognizers/edgeface_xs.yaml \
        --data lfw-view2.zip --pairs lfw-view2-pairs.txt
"""

import argparse
import zipfile
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from detectors.arrays import Float32, Image, Index, Mask
from detectors.runtime import Runtime
from recognizer.chips import cut_chip, similarity
from recognizer.onnx import load_recognizer, load_spec
from recognizer.population import embed_views
from recognizer.spec import ChipSpec, aligned_landmarks

POINTS = aligned_landmarks(112)  # of an aligned picture, corner of the first pixel at (0, 0)


def main() -> None:
    """Print the table."""
    options = _parser().parse_args()
    recognizer = load_recognizer(options.recognizer, spec=load_spec(options.settings), runtime=Runtime())
    names, pictures = _read(Path(options.data))
    pairs, same = _pairs(Path(options.pairs), {name: number for number, name in enumerate(names)})
    table = Table("chip", "averaged", "bilinear", title=f"LFW View 2 accuracy %, {recognizer.model_id}")
    for size in (16, 24, 32):
        row = []
        for cut in (averaged, bilinear):
            vectors = embed_views(recognizer, [cut(picture, ChipSpec(size=size)) for picture in pictures], size)
            scores = (vectors[pairs[:, 0]] * vectors[pairs[:, 1]]).sum(axis=1)
            row.append(f"{100 * accuracy(scores, same):.2f}")
        table.add_row(str(size), *row)
    Console().print(table)


def averaged(picture: Image, spec: ChipSpec) -> Image:
    """As served."""
    return cut_chip(picture, POINTS.astype(np.float32), spec)


def bilinear(picture: Image, spec: ChipSpec) -> Image:
    """As most face pipelines do it."""
    matrix = similarity(POINTS - 0.5, np.array(spec.template))
    return np.asarray(cv2.warpAffine(picture, matrix, (spec.size, spec.size), flags=cv2.INTER_LINEAR), np.uint8)


def accuracy(scores: Float32, same: Mask) -> float:
    """Mean accuracy over ten folds, the threshold of each chosen on the other nine."""
    folds = np.arange(len(scores)) * 10 // len(scores)
    return float(np.mean([_fold(scores, same, folds == fold) for fold in range(10)]))


def _fold(scores: Float32, same: Mask, held: Mask) -> float:
    order = np.argsort(-scores[~held])
    right = np.cumsum(np.where(same[~held][order], 1, -1))
    threshold = scores[~held][order][int(np.argmax(right))]
    return float(((scores[held] >= threshold) == same[held]).mean())


def _read(path: Path) -> tuple[list[str], list[Image]]:
    with zipfile.ZipFile(path) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".jpg"))
        data = [np.frombuffer(archive.read(name), np.uint8) for name in names]
    pictures = [np.asarray(cv2.imdecode(part, cv2.IMREAD_COLOR), np.uint8) for part in data]
    return [Path(name).stem for name in names], pictures


def _pairs(path: Path, position: dict[str, int]) -> tuple[Index, Mask]:
    """Row numbers (6000,2) and which of them are of one person, in the order of the folds."""
    rows, same = [], []
    for line in path.read_text().splitlines()[1:]:
        first, number, *rest = line.split()
        second, other = rest if len(rest) == 2 else (first, rest[0])
        rows.append([position[f"{first}_{int(number):04d}"], position[f"{second}_{int(other):04d}"]])
        same.append(len(rest) == 1)
    return np.array(rows), np.array(same)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, text in (
        ("recognizer", "ONNX file of a large recogniser"),
        ("settings", "YAML with its chip_spec"),
        ("data", "zip of LFW pictures aligned at 112 px"),
        ("pairs", "the official pair list"),
    ):
        parser.add_argument(f"--{name}", required=True, help=text)
    return parser


if __name__ == "__main__":
    main()
