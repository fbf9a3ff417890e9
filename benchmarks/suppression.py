"""How low the IoU of suppression may go: faces found, and boxes too many on one face, for each.

The shrunk photographs of distill/detector/mosaics.py are searched once with hardly any suppression, and what was found
is then suppressed at every IoU in turn. Boxes and faces are matched one to one from IoU 0.3: a box half a face off
still makes a track, and two boxes on one face must not count as two faces. Doubles are boxes whose centre lies in a
face that holds the centre of another box already.

    python -m benchmarks.suppression MODEL.onnx … --scenes FOLDER
"""

import argparse
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

from detectors.arrays import Float32
from detectors.scrfd import ScrfdDetector
from detectors.yunet import YuNetDetector

# isort: split
import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks.synthetic_crowd import iou
from detectors.base import Detections, FaceDetector
from detectors.nms import suppress
from distill.detector.config import SceneSource
from distill.detector.mosaics import laid_out, photographs, shrunk

OVERLAPS = (0.45, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1)
HEIGHTS = (12, 16, 24, 32)
SCORES = (0.25, 0.4)
MATCHED = 0.3
COINCIDE = 0.95


def main() -> None:
    """Print how near drawn faces come to each other, then a table for each detector and least score."""
    options = _arguments()
    lines = [*_drawn(options.scenes / "maskon.zip")]
    for model in options.models:
        searched = {height: list(_search(model, options.scenes, height)) for height in HEIGHTS}
        for score in SCORES:
            lines += [
                "",
                f"{Path(model).stem}, score {score:g} or more (found / doubles):",
                "",
                *_table(searched, score),
            ]
    Console(soft_wrap=True, highlight=False, markup=False).print("\n".join(lines))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Faces found and doubles left for each IoU of suppression.")
    parser.add_argument("models", nargs="+", help="ONNX files")
    parser.add_argument("--scenes", type=Path, required=True, help="folder with maskon.zip")
    return parser.parse_args()


def _drawn(path: Path) -> Iterator[str]:
    """How many pairs of drawn boxes overlap by more than each IoU."""
    with zipfile.ZipFile(path) as archive:
        rows = json.loads(archive.read("boxes.json")).values()
    faces = [np.array([row[:4] for row in some], np.float64).reshape(-1, 4) for some in rows]
    overlaps = np.concatenate([iou(boxes, boxes)[np.triu_indices(len(boxes), 1)] for boxes in faces])
    counts = ", ".join(f"{np.count_nonzero(overlaps > least)} above {least:g}" for least in sorted(OVERLAPS))
    yield f"{sum(map(len, faces))} drawn faces; pairs by IoU: {counts}."


def _search(model: str, scenes: Path, height: int) -> Iterator[tuple[Float32, Detections]]:
    """Per sheet the faces to be found and what was found, suppressed only where boxes all but coincide."""
    detector = _open(Path(model))
    source = SceneSource(str(scenes / "maskon.zip"), boxes="boxes.json")
    sheets = list(laid_out(shrunk(photographs(source), height)))
    for sheet in track(sheets, f"{height} px", console=_console()):
        if sheet.boxes:
            yield np.stack(sheet.boxes), detector.detect(sheet.image)


def _open(model: Path) -> FaceDetector:
    try:
        return YuNetDetector(model, score=min(SCORES), iou=COINCIDE)
    except ValueError:
        return ScrfdDetector(model, score=min(SCORES), iou=COINCIDE)


def _console() -> Console:
    return Console(stderr=True)


def _table(searched: dict[int, list[tuple[Float32, Detections]]], score: float) -> Iterator[str]:
    yield "| IoU | " + " | ".join(f"{height} px" for height in HEIGHTS) + " |"
    yield "|" + " --- |" * (1 + len(HEIGHTS))
    for overlap in OVERLAPS:
        counts = [np.sum([_count(*one, score, overlap) for one in searched[height]], axis=0) for height in HEIGHTS]
        yield f"| {overlap:g} | " + " | ".join(f"{found} / {doubles}" for found, doubles in counts) + " |"


def _count(faces: Float32, found: Detections, score: float, overlap: float) -> tuple[int, int]:
    from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]

    found = found[np.flatnonzero(found.scores >= score)]
    boxes = found.boxes[suppress(found.boxes, found.scores, overlap)]
    shared = iou(faces, boxes)
    matched = shared[linear_sum_assignment(np.where(shared >= MATCHED, shared, 0), maximize=True)]
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    within = (centres > faces[:, None, :2]) & (centres < faces[:, None, 2:])
    doubles = np.clip(within.all(axis=2).sum(axis=1) - 1, 0, None).sum()
    return int(np.count_nonzero(matched >= MATCHED)), int(doubles)


if __name__ == "__main__":
    main()
