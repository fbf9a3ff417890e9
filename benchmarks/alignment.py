"""What landmarks do to the recognition of small faces: the same faces, aligned in several ways.

A detector searches LFW's faces on sheets (benchmarks/lfw_sheets.py). Each face found is aligned by the true landmarks,
by the detector's, by those of a small regressor on the detector's box, and by the box alone. It is then compared with
the other face of its pair, once as small and aligned alike, once sharp. Pairs with a face that was not found are left
out: the share found is a column of its own, and a detector must not look good by finding only what is easy.

    python -m benchmarks.alignment --regressor embedded --regressor omz_landmarks_0009.onnx \
        --lfw lfw-view2.zip --pairs lfw-view2-pairs.txt
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from detectors.load import EMBEDDED, load_detector
from detectors.refine import REGRESSOR_FILE, LandmarkRegressor
from detectors.runtime import Runtime, open_session

# isort: split
import cv2
import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks.lfw_sheets import CHIP_PX, FACE_PX, SHEET_PX, Sheet, lay_out, select_pairs
from benchmarks.section import print_markdown, provenance, write_section
from configs.markdown import table
from detectors.arrays import Chips, Float32, Image
from detectors.base import Detections, FaceDetector
from distill.metrics.lfw import Pairs, read_faces, read_pairs
from distill.metrics.verification import accuracy, pair_scores, tar_at_far
from recognizer.base import Recognizer
from recognizer.chips import box_landmarks, cut_chip
from recognizer.load import load_recognizer
from recognizer.onnx import load_chip_spec
from recognizer.spec import aligned_landmarks

HEIGHTS_PX = (12, 16, 24)
FALSE_ACCEPT_RATE = 0.01
REGRESSOR_PX = 48  # side of what another regressor sees
EMBED_BATCH = 512
HEADS = ["face", "aligned by", "found", "error, % of eye distance", "low-low, %", "high-low, %", "TAR at 1 %, high-low"]
Regress = Callable[[Image, Float32], Float32]  # picture and box to landmarks (5,2)


@dataclass(frozen=True)
class Aligned:
    """What one sheet gave: the rows found, and by alignment the landmark errors (M,) and vectors (M,D)."""

    rows: list[int]
    errors: dict[str, Float32]
    vectors: dict[str, Float32]


@dataclass(frozen=True)
class Models:
    """What finds, aligns and reads."""

    detector: FaceDetector
    regressors: dict[str, Regress]
    recognizer: Recognizer


def main() -> None:
    """Print the table, and write it into a document on request."""
    options, console = _parser().parse_args(), Console(stderr=True)
    models = _load(options)
    faces = read_faces(options.lfw)
    pairs = read_pairs(options.pairs, faces)
    pairs = select_pairs(pairs, pairs.fold < options.folds)
    rows = np.unique(np.concatenate([pairs.first, pairs.second])).tolist()
    sharp = _embed_sharp(faces.images, rows, models.recognizer)
    lines: list[list[str]] = []
    for height in HEIGHTS_PX:
        sheets = track(list(lay_out(faces.images, rows, height)), f"faces of {height} px", console=console)
        lines += _rows(height, [_align(sheet, models, height) for sheet in sheets], sharp, pairs)
    text = f"{provenance('benchmarks.alignment')}\n\n{table(HEADS, lines)}"
    print_markdown(text)
    if options.write:
        write_section(options.write, "alignment", text)


def _load(options: argparse.Namespace) -> Models:
    runtime, long_side = Runtime(), round(SHEET_PX * options.enlarge)
    spec = load_chip_spec(options.settings) if options.settings else None
    return Models(
        load_detector(options.detector, runtime=runtime, long_side=long_side, refine=False),
        {Path(model).stem: load_regressor(model) for model in options.regressor},
        load_recognizer(options.recognizer, spec=spec, runtime=runtime),
    )


def load_regressor(model: str) -> Regress:
    """The regressor that ships, or a network that sees the box as 48 x 48 pixels."""
    if model == EMBEDDED:
        embedded = LandmarkRegressor(REGRESSOR_FILE, Runtime())
        return lambda image, box: embedded.landmarks(image, box[None])[0]
    session = open_session(Path(model), Runtime())
    name = session.get_inputs()[0].name

    def regress(image: Image, box: Float32) -> Float32:
        batch = np.ascontiguousarray(_cut_box(image, box).transpose(2, 0, 1)[None], np.float32)
        shares = np.asarray(session.run(None, {name: batch})[0], np.float32).reshape(5, 2)
        return np.asarray(box[:2] + shares * (box[2:] - box[:2]), np.float32)

    return regress


def _cut_box(image: Image, box: Float32) -> Image:
    """What a box shows, resampled to REGRESSOR_PX a side."""
    half, side = np.float32(0.5), REGRESSOR_PX
    corners = np.stack([box[:2], box[[2, 1]], box[[0, 3]]]).astype(np.float32) - half
    matrix = cv2.getAffineTransform(corners, np.array([[0, 0], [side, 0], [0, side]], np.float32) - half)
    cut = cv2.warpAffine(image, matrix, (side, side), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cut, np.uint8)


def _align(sheet: Sheet, models: Models, height: int) -> Aligned:
    """Find a sheet's faces, and align and read each in every way."""
    found = models.detector.detect(sheet.image)
    matched = [(number, box) for number, box in enumerate(match_faces(sheet, found, height)) if box is not None]
    spec = models.recognizer.spec_for(height)
    by_name: dict[str, list[Float32]] = {}
    for number, index in matched:
        for name, points in _alignments(sheet, number, found, index, models.regressors):
            by_name.setdefault(name, []).append(points)
    true = sheet.landmarks[[number for number, _ in matched]]
    eyes = np.linalg.norm(true[:, 0] - true[:, 1], axis=1)[:, None]
    errors, vectors = {}, {}
    for name, landmarks in by_name.items():
        errors[name] = np.asarray((np.linalg.norm(np.stack(landmarks) - true, axis=2) / eyes).mean(axis=1), np.float32)
        vectors[name] = models.recognizer.embed(np.stack([cut_chip(sheet.image, points, spec) for points in landmarks]))
    return Aligned([sheet.rows[number] for number, _ in matched], errors, vectors)


def _alignments(
    sheet: Sheet, number: int, found: Detections, index: int, regressors: dict[str, Regress]
) -> Iterator[tuple[str, Float32]]:
    """The landmarks of one face by every means."""
    box = found.boxes[index]
    yield "truth", sheet.landmarks[number]
    if found.landmarks is not None:
        yield "detector", found.landmarks[index]
        yield "detector, half a pixel off", found.landmarks[index] + np.float32(0.5)
    for name, regress in regressors.items():
        yield name, regress(sheet.image, box)
    yield "box alone", box_landmarks(box)


def match_faces(sheet: Sheet, found: Detections, height: int) -> Iterator[int | None]:
    """For each face of the sheet the box whose centre is nearest, None where none is within half a face."""
    centres = 0.5 * (found.boxes[:, :2] + found.boxes[:, 2:])
    for points in sheet.landmarks:
        distances = np.linalg.norm(centres - points.mean(axis=0), axis=1)
        best = int(distances.argmin()) if len(distances) else 0
        yield best if len(distances) and distances[best] <= height / 2 else None


def _embed_sharp(images: Chips, rows: Sequence[int], recognizer: Recognizer) -> Float32:
    """Vectors of the sharp faces, aligned by the truth, by their rows of the test; zero for all other rows."""
    spec, landmarks = recognizer.spec_for(FACE_PX), aligned_landmarks(CHIP_PX).astype(np.float32)
    vectors = np.zeros((len(images), recognizer.dim), np.float32)
    for start in range(0, len(rows), EMBED_BATCH):
        batch = rows[start : start + EMBED_BATCH]
        vectors[batch] = recognizer.embed(np.stack([cut_chip(images[row], landmarks, spec) for row in batch]))
    return vectors


def _rows(height: int, sheets: Sequence[Aligned], sharp: Float32, pairs: Pairs) -> Iterator[list[str]]:
    """One row for each alignment, over the pairs of which both faces were found."""
    sheets = [sheet for sheet in sheets if sheet.rows]
    rows = [row for sheet in sheets for row in sheet.rows]
    both = select_pairs(pairs, np.isin(pairs.first, rows) & np.isin(pairs.second, rows))
    share = f"{len(rows) / np.unique(np.concatenate([pairs.first, pairs.second])).size:.3f}"
    for name in sheets[0].vectors if sheets else ():
        low = np.zeros_like(sharp)
        low[rows] = np.concatenate([sheet.vectors[name] for sheet in sheets])
        error = np.concatenate([sheet.errors[name] for sheet in sheets]).mean()
        high_low = pair_scores(sharp, low, both, both_ways=True)
        yield [
            f"{height} px",
            name,
            share,
            f"{100 * error:.1f}",
            f"{100 * accuracy(pair_scores(low, low, both), both):.2f}",
            f"{100 * accuracy(high_low, both):.2f}",
            f"{100 * tar_at_far(high_low, both.same, (FALSE_ACCEPT_RATE,))[FALSE_ACCEPT_RATE]:.1f}",
        ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="What landmarks do to the recognition of small faces.")
    parser.add_argument("--detector", default=EMBEDDED, help="ONNX file, pack:NAME or embedded")
    parser.add_argument("--enlarge", type=float, default=1.0, help="how much pictures are enlarged for the detector")
    parser.add_argument("--recognizer", default=EMBEDDED, help="ONNX file or embedded")
    parser.add_argument("--settings", type=Path, help="YAML with its chip_spec")
    parser.add_argument(
        "--regressor",
        action="append",
        default=[],
        help="`embedded`, or an ONNX file: n,3,48,48 BGR face to five x, y in 0..1; repeatable",
    )
    parser.add_argument("--lfw", type=Path, required=True, help="zip or folder of aligned 112-pixel faces")
    parser.add_argument("--pairs", type=Path, required=True, help="the official list")
    parser.add_argument("--folds", type=int, default=10, help="only so many of the ten")
    parser.add_argument("--write", type=Path, help="also put the table into this document")
    return parser


if __name__ == "__main__":
    main()
