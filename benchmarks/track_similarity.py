"""What real crops are like: how alike within a track, how wide a chip is, how sharp a portrait is.

    python -m benchmarks.track_similarity --detector yunet_n.onnx --recognizer edgeface_xs.onnx \
        --settings configs/recognizers/edgeface_xs.yaml --clips street-crowd.mp4 mall-entrance.mp4 --data lfw-view2.zip

Crops of a track are chained by plain overlap, so a chain now and then changes from one person to another: the cosines
are, if anything, too low.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from pathlib import Path

import av
import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from detectors.arrays import Float32, Image
from detectors.base import FaceDetector
from detectors.load import load_detector
from detectors.runtime import Runtime
from recognizer.base import Recognizer
from recognizer.chips import cut_chip, similarity
from recognizer.onnx import load_recognizer, load_spec
from recognizer.population import read_people
from recognizer.quality import sharpness
from recognizer.spec import ARCFACE_112

INTERVALS = (0.0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
LONGEST = 40  # crops compared per track
OVERLAP = 0.4


@dataclass
class Chain:
    """One face through consecutive frames."""

    boxes: list[Float32] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    chips: list[Image] = field(default_factory=list)


def main() -> None:
    """Print the tables."""
    options = _parser().parse_args()
    detector = load_detector(options.detector, runtime=Runtime(), score=0.5, long_side=960)
    recognizer = load_recognizer(options.recognizer, spec=load_spec(options.settings), runtime=Runtime())
    console = Console(width=130)
    for clip in options.clips:
        console.print(_clip(Path(clip), detector, recognizer))
    if options.data:
        console.print(_sharpness([pictures[0] for pictures in read_people(Path(options.data)).values()][::10]))


def _clip(path: Path, detector: FaceDetector, recognizer: Recognizer) -> Table:
    chains, widths = _follow(path, detector, recognizer)
    gaps, cosines = _compare(recognizer, chains)
    heights = np.concatenate([[box[3] - box[1] for box in chain.boxes] for chain in chains])
    title = f"{path.name}: {len(heights)} faces, {_spread(heights)} px; chip width / face height {_spread(widths)}"
    table = Table("seconds apart", "pairs", "cosine, 10th, 50th and 90th percentile", title=title)
    for low, high in pairwise(INTERVALS):
        part = cosines[(gaps > low) & (gaps <= high)]
        if len(part):
            table.add_row(f"{low} to {high}", str(len(part)), _spread(part))
    return table


def _follow(path: Path, detector: FaceDetector, recognizer: Recognizer) -> tuple[list[Chain], Float32]:
    chains: list[Chain] = []
    widths = []
    for time, image in _frames(path):
        found = detector.detect(image)
        for box, points in zip(found.boxes, () if found.landmarks is None else found.landmarks, strict=True):
            try:
                chip = cut_chip(image, points, recognizer.spec_for(float(box[3] - box[1])))
            except ValueError:
                continue
            matrix = similarity(points.astype(np.float64), np.array(ARCFACE_112))
            widths.append(112 / np.hypot(matrix[0, 0], matrix[1, 0]) / (box[3] - box[1]))
            chain = _chain_of(box, time, chains)
            chain.boxes.append(box)
            chain.times.append(time)
            chain.chips.append(chip)
    return chains, np.array(widths, np.float32)


def _chain_of(box: Float32, time: float, chains: list[Chain]) -> Chain:
    for chain in reversed(chains):
        if 0 < time - chain.times[-1] < 0.5 and _overlap(box, chain.boxes[-1]) > OVERLAP:
            return chain
    chains.append(Chain())
    return chains[-1]


def _compare(recognizer: Recognizer, chains: list[Chain]) -> tuple[Float32, Float32]:
    gaps, cosines = [], []
    for chain in chains:
        vectors = recognizer.embed(np.stack(chain.chips[:LONGEST]))
        for one, two in combinations(range(len(vectors)), 2):
            gaps.append(chain.times[two] - chain.times[one])
            cosines.append(float(vectors[one] @ vectors[two]))
    return np.array(gaps, np.float32), np.array(cosines, np.float32)


def _frames(path: Path) -> Iterator[tuple[float, Image]]:
    """Every second frame of the first ten seconds."""
    with av.open(str(path)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if frame.time > 10:
                return
            if number % 2 == 0:
                yield float(frame.time), np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)


def _overlap(one: Float32, two: Float32) -> float:
    inner = np.clip(np.minimum(one[2:], two[2:]) - np.maximum(one[:2], two[:2]), 0, None).prod()
    return float(inner / ((one[2:] - one[:2]).prod() + (two[2:] - two[:2]).prod() - inner))


def _sharpness(portraits: list[Image]) -> Table:
    table = Table(
        "portraits", "sharpness, 1st, 50th and 99th percentile", title=f"{len(portraits)} portraits of 112 px"
    )
    table.add_row("as they are", _spread([sharpness(portrait) for portrait in portraits], ends=1))
    for px in (32, 24, 16, 12, 8):
        values = []
        for portrait in portraits:
            small = cv2.resize(portrait, (px, px), interpolation=cv2.INTER_AREA)
            values.append(sharpness(np.asarray(cv2.resize(small, (112, 112), interpolation=cv2.INTER_CUBIC), np.uint8)))
        table.add_row(f"reduced to {px} px and enlarged", _spread(values, ends=1))
    return table


def _spread(values: Float32 | list[float], *, ends: int = 10) -> str:
    return ", ".join(f"{value:.2f}" for value in np.percentile(values, [ends, 50, 100 - ends]))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--detector", required=True, help="ONNX file")
    parser.add_argument("--recognizer", required=True, help="ONNX file")
    parser.add_argument("--settings", required=True, help="YAML with its chip_spec")
    parser.add_argument("--clips", nargs="*", default=[], help="videos")
    parser.add_argument("--data", help="folder or zip of person/picture, aligned at 112 px")
    return parser


if __name__ == "__main__":
    main()
