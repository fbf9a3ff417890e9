"""What real crops are like: how similar within a track, how wide a chip is, how sharp a portrait is.

    python -m benchmarks.track_similarity --detector yunet_n.onnx --recognizer edgeface_xs.onnx \
        --settings configs/recognizers/edgeface_xs.yaml --clips street-crowd.mp4 mall-entrance.mp4 --data lfw-view2.zip

Crops of a track are chained by plain overlap, so a chain now and then changes from one person to another: the cosines
are, if anything, too low.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from pathlib import Path

from detectors.load import load_detector
from detectors.runtime import Runtime
from recognizer.load import load_recognizer

# isort: split
import av
import cv2
import numpy as np

from benchmarks.section import print_markdown, provenance
from configs.markdown import table
from detectors.arrays import Float32, Image
from detectors.base import FaceDetector
from detectors.boxes import box_iou
from recognizer.base import Recognizer
from recognizer.chips import cut_chip, similarity
from recognizer.onnx import load_chip_spec
from recognizer.population import read_people
from recognizer.quality import sharpness
from recognizer.spec import ARCFACE_112

INTERVALS_SECONDS = (0.0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
CLIP_SECONDS = 10
MAX_COMPARED = 40  # crops of a chain
LINK_IOU = 0.4  # with a chain's last box
MAX_GAP_SECONDS = 0.5
REDUCED_PX = (32, 24, 16, 12, 8)


@dataclass
class Chain:
    """One face through consecutive frames."""

    boxes: list[Float32] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    chips: list[Image] = field(default_factory=list)


def main() -> None:
    """Print a table for each clip, and one of sharpness."""
    options = _parser().parse_args()
    detector = load_detector(options.detector, runtime=Runtime(), score=0.5, long_side=960)
    recognizer = load_recognizer(options.recognizer, spec=load_chip_spec(options.settings), runtime=Runtime())
    parts = [provenance("benchmarks.track_similarity")]
    parts += [_describe_clip(Path(clip), detector, recognizer) for clip in options.clips]
    if options.data:
        parts.append(_describe_sharpness([pictures[0] for pictures in read_people(Path(options.data)).values()][::10]))
    print_markdown("\n\n".join(parts))


def _describe_clip(path: Path, detector: FaceDetector, recognizer: Recognizer) -> str:
    chains, widths = _link_chains(path, detector, recognizer)
    gaps, cosines = _compare(recognizer, chains)
    heights = np.concatenate([[box[3] - box[1] for box in chain.boxes] for chain in chains])
    head = f"{path.name}: {len(heights)} faces, {_spread(heights)} px; chip width / face height {_spread(widths)}"
    rows = []
    for low, high in pairwise(INTERVALS_SECONDS):
        part = cosines[(gaps > low) & (gaps <= high)]
        if len(part):
            rows.append([f"{low} to {high}", str(len(part)), _spread(part)])
    heads = ["seconds apart", "pairs", "cosine, 10th, 50th and 90th percentile"]
    return f"{head}\n\n{table(heads, rows)}"


def _link_chains(path: Path, detector: FaceDetector, recognizer: Recognizer) -> tuple[list[Chain], Float32]:
    """Chains of the clip's faces, and each chip's width as a share of the box's height."""
    chains: list[Chain] = []
    widths = []
    for time, image in _read_frames(path):
        found = detector.detect(image)
        for box, points in zip(found.boxes, () if found.landmarks is None else found.landmarks, strict=True):
            try:
                chip = cut_chip(image, points, recognizer.spec_for(float(box[3] - box[1])))
            except ValueError:
                continue
            matrix = similarity(points.astype(np.float64), np.array(ARCFACE_112))
            widths.append(112 / np.hypot(matrix[0, 0], matrix[1, 0]) / (box[3] - box[1]))
            chain = find_chain(box, time, chains)
            chain.boxes.append(box)
            chain.times.append(time)
            chain.chips.append(chip)
    return chains, np.array(widths, np.float32)


def find_chain(box: Float32, time: float, chains: list[Chain]) -> Chain:
    """The latest chain that the box continues, or a new one."""
    for chain in reversed(chains):
        if 0 < time - chain.times[-1] < MAX_GAP_SECONDS and box_iou(box[None], chain.boxes[-1][None])[0, 0] > LINK_IOU:
            return chain
    chains.append(Chain())
    return chains[-1]


def _compare(recognizer: Recognizer, chains: Sequence[Chain]) -> tuple[Float32, Float32]:
    """Seconds between any two crops of a chain, and their cosine."""
    gaps, cosines = [], []
    for chain in chains:
        vectors = recognizer.embed(np.stack(chain.chips[:MAX_COMPARED]))
        for first, second in combinations(range(len(vectors)), 2):
            gaps.append(chain.times[second] - chain.times[first])
            cosines.append(float(vectors[first] @ vectors[second]))
    return np.array(gaps, np.float32), np.array(cosines, np.float32)


def _read_frames(path: Path) -> Iterator[tuple[float, Image]]:
    """Every second frame of the clip's first seconds."""
    with av.open(str(path)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if frame.time > CLIP_SECONDS:
                return
            if number % 2 == 0:
                yield float(frame.time), np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)


def _describe_sharpness(portraits: Sequence[Image]) -> str:
    rows = [["as they are", _spread([sharpness(portrait) for portrait in portraits], tail=1)]]
    for px in REDUCED_PX:
        values = [sharpness(_reduce(portrait, px)) for portrait in portraits]
        rows.append([f"reduced to {px} px and enlarged", _spread(values, tail=1)])
    heads = [f"{len(portraits)} portraits of 112 px", "sharpness, 1st, 50th and 99th percentile"]
    return table(heads, rows)


def _reduce(portrait: Image, px: int) -> Image:
    small = cv2.resize(portrait, (px, px), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (112, 112), interpolation=cv2.INTER_CUBIC), np.uint8)


def _spread(values: Float32 | list[float], *, tail: int = 10) -> str:
    return ", ".join(f"{value:.2f}" for value in np.percentile(values, [tail, 50, 100 - tail]))


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
