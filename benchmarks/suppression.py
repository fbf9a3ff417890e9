"""How low the IoU of suppression may go: for each, faces found and superfluous boxes on one face.

Photographs shrunk as in distill/detector/mosaics.py are searched once with hardly any suppression, and the result is
suppressed at every IoU in turn. Boxes and faces are matched one to one from IoU 0.3: a box half a face off still makes
a track, and two boxes on one face must not count as two faces. Doubles are boxes whose centre lies in a face that
already holds another box's centre.

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

from benchmarks.section import print_markdown
from configs.markdown import table
from detectors.base import Detections, FaceDetector
from detectors.boxes import box_iou
from detectors.nms import suppress
from distill.detector.config import SceneSource
from distill.detector.mosaics import lay_out, read_photos, shrink_to_height

IOUS = (0.45, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1)
HEIGHTS_PX = (12, 16, 24, 32)
SCORES = (0.25, 0.4)
MATCH_IOU = 0.3
COINCIDENT_IOU = 0.95
Sheets = list[tuple[Float32, Detections]]  # by sheet, the true boxes (N,4) and what was found


def main() -> None:
    """Print how near drawn faces come to each other, then a table for each detector and least score."""
    options = _parser().parse_args()
    parts = [_describe_drawn(options.scenes / "maskon.zip")]
    for model in options.models:
        sheets = {height: list(_search(model, options.scenes, height)) for height in HEIGHTS_PX}
        for score in SCORES:
            rows = [[f"{iou:g}", *(_cell(sheets[height], score, iou) for height in HEIGHTS_PX)] for iou in IOUS]
            parts.append(f"{Path(model).stem}, score {score:g} or more (found / doubles):")
            parts.append(table(["IoU", *(f"{height} px" for height in HEIGHTS_PX)], rows))
    print_markdown("\n\n".join(parts))


def _describe_drawn(path: Path) -> str:
    """How many pairs of drawn boxes overlap by more than each IoU."""
    with zipfile.ZipFile(path) as archive:
        pictures = json.loads(archive.read("boxes.json")).values()
    faces = [np.array([row[:4] for row in picture], np.float64).reshape(-1, 4) for picture in pictures]
    overlaps = np.concatenate([box_iou(boxes, boxes)[np.triu_indices(len(boxes), 1)] for boxes in faces])
    counts = ", ".join(f"{np.count_nonzero(overlaps > least)} above {least:g}" for least in sorted(IOUS))
    return f"{sum(map(len, faces))} drawn faces; pairs by IoU: {counts}."


def _search(model: str, scenes: Path, height: int) -> Iterator[tuple[Float32, Detections]]:
    """By sheet the faces to find and what was found, suppressed only where boxes all but coincide."""
    detector = _open(Path(model))
    source = SceneSource(str(scenes / "maskon.zip"), boxes="boxes.json")
    sheets = list(lay_out(shrink_to_height(read_photos(source), height)))
    for sheet in track(sheets, f"{height} px", console=Console(stderr=True)):
        if sheet.boxes:
            yield np.stack(sheet.boxes), detector.detect(sheet.image)


def _open(model: Path) -> FaceDetector:
    try:
        return YuNetDetector(model, score=min(SCORES), iou=COINCIDENT_IOU)
    except ValueError:
        return ScrfdDetector(model, score=min(SCORES), iou=COINCIDENT_IOU)


def _cell(sheets: Sheets, score: float, iou: float) -> str:
    found, doubles = np.sum([count(faces, detections, score, iou) for faces, detections in sheets], axis=0)
    return f"{found} / {doubles}"


def count(faces: Float32, found: Detections, score: float, iou: float) -> tuple[int, int]:
    """Faces (N,4) found, and boxes too many, after suppression at `iou` of what scores `score` or more."""
    from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]

    found = found[np.flatnonzero(found.scores >= score)]
    boxes = found.boxes[suppress(found.boxes, found.scores, iou)]
    overlaps = box_iou(faces, boxes)
    matched = overlaps[linear_sum_assignment(np.where(overlaps >= MATCH_IOU, overlaps, 0), maximize=True)]
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    inside = (centres > faces[:, None, :2]) & (centres < faces[:, None, 2:])
    doubles = np.clip(inside.all(axis=2).sum(axis=1) - 1, 0, None).sum()
    return int(np.count_nonzero(matched >= MATCH_IOU)), int(doubles)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Faces found and doubles left for each IoU of suppression.")
    parser.add_argument("models", nargs="+", help="ONNX files")
    parser.add_argument("--scenes", type=Path, required=True, help="folder with maskon.zip")
    return parser


if __name__ == "__main__":
    main()
