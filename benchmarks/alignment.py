"""What landmarks are worth at the far end: the same small faces cut by several alignments, and how well each reads.

LFW's faces are turned a little, shrunk until the face has each height, and laid out on sheets, where the detector has
to find them. Each face found is cut by the true landmarks, by the detector's, by those of a small regressor on the
detector's box, and by the box alone; then compared with the other face of its pair, once as small and cut alike, once
sharp. The surprising choice is to leave out pairs with a face that was not found: how many are found is another
column, and mixing the two would let a detector look good at alignment by finding only what is easy.

    python -m benchmarks.alignment --regressor embedded --regressor omz_landmarks_0009.onnx \
        --lfw lfw-view2.zip --pairs lfw-view2-pairs.txt
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from detectors.arrays import Float32, Image
from detectors.load import EMBEDDED, load_detector
from detectors.refine import REGRESSOR, LandmarkRegressor
from detectors.runtime import Runtime, open_session

# isort: split
import cv2
import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks.section import provenance, table, write_section
from detectors.base import Detections, FaceDetector
from distill.metrics.lfw import Pairs, read_faces, read_pairs
from distill.metrics.verification import accuracy, pair_scores, tar_at_far
from recognizer.base import Recognizer
from recognizer.chips import box_landmarks, cut_chip
from recognizer.load import load_recognizer
from recognizer.onnx import load_spec
from recognizer.spec import ARCFACE_112, ChipSpec, aligned_landmarks

HEIGHTS = (12, 16, 24)
CHIP, FACE = 112, 104.0  # pixels of a chip's side, and of the face in it from brow to below the chin
CELL = 2.4  # face heights from one face on a sheet to the next
SHEET = 640
TURN = 8.0  # degrees, standard deviation: a chip comes upright, people do not
RATE = 0.01  # of false pairs accepted
TEMPLATE = np.asarray(ARCFACE_112, np.float32)
ALIGNED = aligned_landmarks(CHIP).astype(np.float32)
SHARP = ChipSpec(size=CHIP)
Refine = Callable[[Image, Float32], Float32]


@dataclass(frozen=True)
class Sheet:
    """Faces on one picture: their rows in the test, the middles of their cells (N,2) and true landmarks (N,5,2).

    Coordinates are continuous: pixel i covers i..i+1.
    """

    image: Image
    rows: list[int]
    points: Float32


def main() -> None:
    options, console = _arguments(), Console(stderr=True)
    runtime = Runtime()
    long_side = round(SHEET * options.enlarge)
    detector = load_detector(options.detector, runtime=runtime, long_side=long_side, refine=False)
    reader = load_recognizer(
        options.recognizer, spec=load_spec(options.settings) if options.settings else None, runtime=runtime
    )
    ways = {Path(model).stem: regressor(model) for model in options.regressor}
    faces = read_faces(options.lfw)
    pairs = _some(read_pairs(options.pairs, faces), options.folds)
    rows = np.unique(np.concatenate([pairs.first, pairs.second])).tolist()
    sharp = _sharp(faces.images, rows, reader)
    report: list[list[str]] = []
    for height in HEIGHTS:
        sheets = list(_sheets(faces.images, rows, height))
        seen = track(sheets, f"faces of {height} px", console=console)
        report += _judged(height, [_cut(sheet, detector, ways, reader, height) for sheet in seen], sharp, pairs)
    heads = [
        "face",
        "aligned by",
        "found",
        "error, % of eye distance",
        "low-low, %",
        "high-low, %",
        "TAR at 1 %, high-low",
    ]
    text = f"{provenance('benchmarks.alignment')}\n\n{table(heads, report)}"
    Console(soft_wrap=True, highlight=False, markup=False).print(text)
    if options.write:
        write_section(options.write, "alignment", text)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What landmarks are worth at the far end.")
    parser.add_argument("--detector", default="embedded", help="ONNX file, pack:NAME or embedded")
    parser.add_argument("--enlarge", type=float, default=1.0, help="how much pictures are enlarged for the detector")
    parser.add_argument("--recognizer", default="embedded", help="ONNX file or embedded")
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
    return parser.parse_args()


def _some(pairs: Pairs, folds: int) -> Pairs:
    kept = pairs.fold < folds
    return Pairs(pairs.first[kept], pairs.second[kept], pairs.same[kept], pairs.fold[kept])


def regressor(model: str) -> Refine:
    """Landmarks (5,2) of the face in a box, by the network that ships or one that sees the box as 48 x 48 pixels."""
    if model == EMBEDDED:
        ours = LandmarkRegressor(REGRESSOR, Runtime())
        return lambda image, box: ours.landmarks(image, box[None])[0]
    session = open_session(Path(model), Runtime())
    name = session.get_inputs()[0].name

    def refine(image: Image, box: Float32) -> Float32:
        corners = np.stack([box[:2], box[[2, 1]], box[[0, 3]]]).astype(np.float32) - np.float32(0.5)
        matrix = cv2.getAffineTransform(corners, np.array([[0, 0], [48, 0], [0, 48]], np.float32) - np.float32(0.5))
        part = cv2.warpAffine(image, matrix, (48, 48), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        given = np.ascontiguousarray(part.transpose(2, 0, 1)[None], np.float32)
        shares = np.asarray(session.run(None, {name: given})[0], np.float32).reshape(5, 2)
        return np.asarray(box[:2] + shares * (box[2:] - box[:2]), np.float32)

    return refine


def _sheets(images: Image, rows: Sequence[int], height: int) -> Iterator[Sheet]:
    """All faces at one height, row by row on square sheets."""
    cell = round(CELL * height)
    across = SHEET // cell
    for start in range(0, len(rows), across**2):
        some, canvas = list(rows[start : start + across**2]), np.full((SHEET, SHEET, 3), 110, np.uint8)
        points = []
        for number, row in enumerate(some):
            corner = np.array([number % across, number // across]) * cell
            part, marks = _small(images[row], cell, height / FACE, np.random.default_rng(row))
            canvas[corner[1] : corner[1] + cell, corner[0] : corner[0] + cell] = part
            points.append(marks + corner)
        yield Sheet(canvas, some, np.asarray(points, np.float32))


def _small(chip: Image, cell: int, scale: float, random: np.random.Generator) -> tuple[Image, Float32]:
    """A face turned, moved by up to a pixel and shrunk onto a cell; and its landmarks there, continuous."""
    side = round(cell / scale)
    middle, angle = (CHIP / 2 - 0.5, CHIP / 2 - 0.5), float(random.normal(0, TURN))
    turn = np.asarray(cv2.getRotationMatrix2D(middle, angle, 1.0), np.float64)
    turn[:, 2] += (side - CHIP) / 2 + random.uniform(-1, 1, 2) / scale
    large = cv2.warpAffine(chip, turn, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    small = cv2.resize(large, (cell, cell), interpolation=cv2.INTER_AREA)
    marks = (TEMPLATE @ turn[:, :2].T + turn[:, 2] + 0.5) * (cell / side)
    return np.asarray(small, np.uint8), np.asarray(marks, np.float32)


@dataclass(frozen=True)
class Read:
    """What came of one sheet: the rows found, and per alignment landmark errors (M,) and vectors (M,dim)."""

    rows: list[int]
    errors: dict[str, Float32]
    vectors: dict[str, Float32]


def _cut(sheet: Sheet, detector: FaceDetector, ways: dict[str, Refine], reader: Recognizer, height: int) -> Read:
    found = detector.detect(sheet.image)
    matched = [(number, box) for number, box in enumerate(_nearest(sheet, found, height)) if box is not None]
    spec = reader.spec_for(height)
    marks: dict[str, list[Float32]] = {}
    for number, index in matched:
        for name, points in _alignments(sheet, number, found, index, ways):
            marks.setdefault(name, []).append(points)
    true = sheet.points[[number for number, _ in matched]]
    eyes = np.linalg.norm(true[:, 0] - true[:, 1], axis=1)[:, None]
    errors, vectors = {}, {}
    for name, some in marks.items():
        errors[name] = np.asarray((np.linalg.norm(np.stack(some) - true, axis=2) / eyes).mean(axis=1), np.float32)
        chips = np.stack([cut_chip(sheet.image, points, spec) for points in some])
        vectors[name] = reader.embed(chips)
    return Read([sheet.rows[number] for number, _ in matched], errors, vectors)


def _alignments(
    sheet: Sheet, number: int, found: Detections, index: int, ways: dict[str, Refine]
) -> Iterator[tuple[str, Float32]]:
    """The same face's landmarks by every means, continuous."""
    box = found.boxes[index]
    yield "truth", sheet.points[number]
    if found.landmarks is not None:
        yield "detector", found.landmarks[index]
        yield "detector, half a pixel off", found.landmarks[index] + np.float32(0.5)
    for name, refine in ways.items():
        yield name, refine(sheet.image, box)
    yield "box alone", box_landmarks(box)


def _nearest(sheet: Sheet, found: Detections, height: int) -> Iterator[int | None]:
    """For each face of the sheet the box whose middle is nearest its own, None where none is within half a face."""
    middles = 0.5 * (found.boxes[:, :2] + found.boxes[:, 2:])
    for points in sheet.points:
        away = np.linalg.norm(middles - points.mean(axis=0), axis=1)
        best = int(away.argmin()) if len(away) else 0
        yield best if len(away) and away[best] <= height / 2 else None


def _sharp(images: Image, rows: Sequence[int], reader: Recognizer) -> Float32:
    """Vectors of the sharp faces, cut by the truth, by their rows of the test; zero where it is not asked for."""
    spec = reader.spec_for(FACE)
    vectors = np.zeros((len(images), reader.dim), np.float32)
    for start in range(0, len(rows), 512):
        some = rows[start : start + 512]
        vectors[some] = reader.embed(np.stack([cut_chip(images[row], ALIGNED, spec) for row in some]))
    return vectors


def _judged(height: int, read: Sequence[Read], sharp: Float32, pairs: Pairs) -> Iterator[list[str]]:
    """One line for each alignment, over the pairs whose faces were both found."""
    rows = [row for one in read for row in one.rows]
    known = np.isin(pairs.first, rows) & np.isin(pairs.second, rows)
    kept = Pairs(pairs.first[known], pairs.second[known], pairs.same[known], pairs.fold[known])
    share = f"{len(rows) / np.unique(np.concatenate([pairs.first, pairs.second])).size:.3f}"
    for name in next((list(one.vectors) for one in read if one.rows), []):
        low = np.zeros_like(sharp)
        low[rows] = np.concatenate([one.vectors[name] for one in read if one.rows])
        error = np.concatenate([one.errors[name] for one in read if one.rows]).mean()
        across = pair_scores(sharp, low, kept, both_ways=True)
        yield [
            f"{height} px",
            name,
            share,
            f"{100 * error:.1f}",
            f"{100 * accuracy(pair_scores(low, low, kept), kept):.2f}",
            f"{100 * accuracy(across, kept):.2f}",
            f"{100 * tar_at_far(across, kept.same, (RATE,))[RATE]:.1f}",
        ]


if __name__ == "__main__":
    main()
