"""Recall by face height, false boxes and speed of face detectors, side by side in one run.

Photographs with human-drawn boxes are shrunk (area resampling) until their median face has each height in turn, so the
same faces are searched at every height. The shrunk copies are laid out on 640 x 640 sheets: one input shape for all,
as in a frame of a real camera, and small enough copies to fill it. Copies are never enlarged to make a face.

    python -m benchmarks.detectors MODEL.onnx … --scenes FOLDER

FOLDER holds maskon.zip (pictures and boxes.json: name to [[x1, y1, x2, y2, label], …]) and neg_*.zip (no faces).
"""

import argparse
import json
import time
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from detectors.load import load_detector
from detectors.runtime import Runtime

# isort: split
import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from detectors.base import Detections, FaceDetector, Image

HEIGHTS = (8, 12, 16, 24, 32)
SHEET = 640
GAP = 16
LIKE_MEDIAN = (0.8, 1.25)  # faces this near to their picture's median height count, the rest are left out
VARIANTS = {"native": {}, "2x": {"long_side": 2 * SHEET}, "2x-tiled": {"long_side": 2 * SHEET, "tile": SHEET}}
FALSE_RATES = (0.1, 1.0)
LEAST = 0.1  # boxes kept for the curves: no threshold below is looked at
Boxes = NDArray[np.float32]


@dataclass
class Sheet:
    """One 640 x 640 picture and the boxes (N,4) to be found on it."""

    image: Image
    boxes: list[Boxes] = field(default_factory=list)
    pictures: int = 0


@dataclass(frozen=True)
class Variant:
    """A detector as it is run: natively, enlarged, or enlarged and tiled."""

    name: str
    detector: FaceDetector


@dataclass
class Result:
    """Per height the best score that found each face (0: none), at IoU 0.5 and 0.4; all scores on empty scenes."""

    found: dict[int, Boxes] = field(default_factory=dict)
    loosely: dict[int, Boxes] = field(default_factory=dict)
    false: Boxes = field(default_factory=lambda: np.zeros(0, np.float32))
    seconds: list[float] = field(default_factory=list)

    def threshold(self, rate: float, images: int) -> float:
        """The lowest score that leaves at most `rate` false boxes per image."""
        allowed = int(rate * images)
        ordered = np.sort(self.false)[::-1]
        return float(np.nextafter(ordered[allowed], np.float32(2))) if allowed < len(ordered) else LEAST


def main() -> None:
    arguments = _arguments()
    console = Console(stderr=True)
    variants = [_variant(model, how) for model in arguments.models for how in arguments.variants]
    results = {variant.name: Result() for variant in variants}
    for height in HEIGHTS:
        sheets = list(_sheets(_shrunk(arguments.scenes / "maskon.zip", height)))
        for variant in track(variants, f"faces of {height} px, {len(sheets)} sheets", console=console):
            _measure_recall(variant, sheets, height, results[variant.name])
    empty = list(_sheets(_pictures(arguments.scenes, arguments.every)))
    images = sum(sheet.pictures for sheet in empty)
    for variant in track(variants, f"{images} pictures without faces", console=console):
        found = [variant.detector.detect(sheet.image).scores for sheet in empty]
        results[variant.name].false = np.concatenate(found)
    for _ in track(range(arguments.rounds), "speed, in turn", console=console):
        for variant in variants:
            results[variant.name].seconds.append(_seconds(variant, empty[0].image))
    Console(soft_wrap=True, highlight=False, markup=False).print(_report(results, images, arguments.threshold))
    if arguments.plot:
        _plot(results, images, arguments.plot)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Recall by face height, false boxes and speed of face detectors.")
    parser.add_argument("models", nargs="+", help="ONNX files or pack:NAME")
    parser.add_argument("--scenes", type=Path, required=True, help="folder with maskon.zip and neg_*.zip")
    parser.add_argument("--threshold", type=float, default=0.4, help="score of the first table")
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS), help="how each is run")
    parser.add_argument("--every", type=int, default=1, help="take every n-th picture without faces")
    parser.add_argument("--rounds", type=int, default=9, help="timing rounds over all detectors")
    parser.add_argument("--plot", type=Path, help="also draw recall over height into this PNG (needs matplotlib)")
    return parser.parse_args()


def _variant(model: str, how: str) -> Variant:
    detector = load_detector(model, runtime=Runtime(), score=LEAST, **VARIANTS[how])
    return Variant(f"{Path(model).stem} {how}", detector)


def _read(archive: zipfile.ZipFile, name: str) -> Image:
    return np.asarray(cv2.imdecode(np.frombuffer(archive.read(name), np.uint8), cv2.IMREAD_COLOR), np.uint8)


def _shrunk(path: Path, height: int) -> Iterator[tuple[Image, Boxes]]:
    """Copies whose median face has `height`, with the faces near it; only pictures whose faces are 32 px or more."""
    with zipfile.ZipFile(path) as archive:
        for name, rows in sorted(json.loads(archive.read("boxes.json")).items()):
            boxes = np.array([row[:4] for row in rows], np.float32).reshape(-1, 4)
            heights = boxes[:, 3] - boxes[:, 1]
            if not len(boxes) or np.median(heights) < max(HEIGHTS):
                continue
            share = heights / np.median(heights)
            chosen = boxes[(share >= LIKE_MEDIAN[0]) & (share <= LIKE_MEDIAN[1])]
            image, factor = _read(archive, name), height / float(np.median(heights))
            size = (max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor)))
            scale = np.array([size[0] / image.shape[1], size[1] / image.shape[0]] * 2, np.float32)
            yield np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8), chosen * scale


def _pictures(scenes: Path, every: int) -> Iterator[tuple[Image, Boxes]]:
    """The scenes without faces, at their own size (shrunk only where larger than a sheet)."""
    for path in sorted(scenes.glob("neg_*.zip")):
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist())[::every]:
                image = _read(archive, name)
                factor = min(1.0, SHEET / max(image.shape[:2]))
                if factor < 1:
                    image = np.asarray(cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA))
                yield image, np.zeros((0, 4), np.float32)


def _sheets(pictures: Iterator[tuple[Image, Boxes]]) -> Iterator[Sheet]:
    """Lay pictures out in rows, tallest first in their order of arrival, a gap of grey between them."""
    sheet, x, y, row = _new_sheet(), 0, 0, 0
    for image, boxes in sorted(pictures, key=lambda pair: -pair[0].shape[0]):
        height, width = image.shape[:2]
        if x + width > SHEET:
            x, y, row = 0, y + row + GAP, 0
        if y + height > SHEET:
            yield sheet
            sheet, x, y, row = _new_sheet(), 0, 0, 0
        sheet.image[y : y + height, x : x + width] = image
        sheet.boxes.extend(boxes + np.array([x, y, x, y], np.float32))
        sheet.pictures += 1
        x, row = x + width + GAP, max(row, height)
    if sheet.pictures:
        yield sheet


def _new_sheet() -> Sheet:
    return Sheet(np.full((SHEET, SHEET, 3), 114, np.uint8))


def _measure_recall(variant: Variant, sheets: Sequence[Sheet], height: int, result: Result) -> None:
    tight, loose = [], []
    for sheet in sheets:
        if sheet.boxes:
            found = variant.detector.detect(sheet.image)
            overlap = _iou(np.stack(sheet.boxes), found)
            tight.append(np.max(np.where(overlap >= 0.5, found.scores, 0), axis=1, initial=0))
            loose.append(np.max(np.where(overlap >= 0.4, found.scores, 0), axis=1, initial=0))
    result.found[height], result.loosely[height] = np.concatenate(tight), np.concatenate(loose)


def _iou(boxes: Boxes, found: Detections) -> Boxes:
    """Overlap of each box (N,4) with each found one: (N,M)."""
    others = found.boxes
    low, high = np.maximum(boxes[:, None, :2], others[:, :2]), np.minimum(boxes[:, None, 2:], others[:, 2:])
    common = np.prod(np.clip(high - low, 0, None), axis=2)
    areas = [np.prod(one[:, 2:] - one[:, :2], axis=1) for one in (boxes, others)]
    return np.asarray(common / (areas[0][:, None] + areas[1] - common), np.float32)


def _seconds(variant: Variant, image: Image) -> float:
    start = time.perf_counter()
    variant.detector.detect(image)
    return time.perf_counter() - start


def _report(results: dict[str, Result], images: int, threshold: float) -> str:
    faces = len(next(iter(results.values())).found[HEIGHTS[0]])
    parts = [f"{faces} faces at every height, {images} pictures without faces, IoU 0.5.", ""]
    parts += [f"Score {threshold:g} or more:", "", *_table(results, images, threshold)]
    for rate in FALSE_RATES:
        parts += [
            "",
            f"At the score that leaves {rate:g} false boxes per picture:",
            "",
            *_table(results, images, rate=rate),
        ]
    return "\n".join(parts)


def _table(
    results: dict[str, Result], images: int, threshold: float | None = None, *, rate: float = 0.0
) -> Iterator[str]:
    heads = ["detector", "score", *(f"{height} px" for height in HEIGHTS), "8 px, IoU 0.4", "false/picture", "ms/MP"]
    yield "| " + " | ".join(heads) + " |"
    yield "|" + " --- |" * len(heads)
    for name, result in results.items():
        at = result.threshold(rate, images) if threshold is None else threshold
        cells = [name, f"{at:.2f}", *(f"{np.mean(result.found[height] >= at):.3f}" for height in HEIGHTS)]
        cells.append(f"{np.mean(result.loosely[8] >= at):.3f}")
        cells.append(f"{np.count_nonzero(result.false >= at) / images:.2f}")
        cells.append(f"{np.median(result.seconds) * 1e3 / (SHEET * SHEET / 1e6):.1f}")
        yield "| " + " | ".join(cells) + " |"


def _plot(results: dict[str, Result], images: int, path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 5))
    for name, result in results.items():
        at = result.threshold(FALSE_RATES[0], images)
        axes.plot(HEIGHTS, [float(np.mean(result.found[height] >= at)) for height in HEIGHTS], marker="o", label=name)
    axes.set(xlabel="face height, pixels", ylabel="recall at 0.1 false boxes per picture", ylim=(0, 1))
    axes.set_xticks(HEIGHTS)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=7)
    figure.savefig(path, dpi=120, bbox_inches="tight")


if __name__ == "__main__":
    main()
