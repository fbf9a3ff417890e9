"""Draws what the students learn from: the views that a configuration makes of one photograph's face.

    python -m benchmarks.degradation PHOTO.jpg docs/degraded.png --config configs/distill.yaml

Each student has a row, the sharp face first; each pixel of a view is drawn as a square. The shipped detector finds the
photograph's best face. The picture in docs is made from docs/walkers/Eileen.webp, a portrait of Eileen Collins
by NASA, in the public domain.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console

from detectors.arrays import Image
from distill.config import Settings, StudentSettings, read_settings
from distill.data.align import Aligner
from distill.data.degrade import degrade
from distill.data.resample import shrink

TILE_PX = 112  # side of each drawn view
MASTER_PX = 80  # side that views are made from


def main() -> None:
    """Draw the picture."""
    arguments = _parser().parse_args()
    image = cv2.imread(str(arguments.photo), cv2.IMREAD_COLOR)
    if image is None:
        raise SystemExit(f"{arguments.photo}: expected a picture")
    faces = Aligner(arguments.detector).align(np.asarray(image, np.uint8))
    if not faces:
        raise SystemExit(f"{arguments.photo}: expected a face of at least 40 px, found none")
    students = read_settings(arguments.config, Settings).students
    rows = [draw_row(faces[0], student, arguments.views, seed) for seed, student in enumerate(students.values())]
    cv2.imwrite(str(arguments.target), np.vstack(rows))
    Console().print(f"{arguments.target}: {', '.join(students)}, {arguments.views} views each")


def draw_row(face: Image, student: StudentSettings, views: int, seed: int) -> Image:
    """The sharp face (112,112,3) and its views, side by side at 112 pixels each: (112, 112 * (views + 1), 3)."""
    masters = np.repeat(shrink(face[None], MASTER_PX), views, axis=0)
    small = degrade(masters, student.size, student.degrade, np.random.default_rng(seed))
    tiles = [cv2.resize(view, (TILE_PX, TILE_PX), interpolation=cv2.INTER_NEAREST) for view in small]
    return np.asarray(np.hstack([face, *tiles]), np.uint8)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photo", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--config", type=Path, default=Path("configs/distill.yaml"))
    parser.add_argument("--detector", default="embedded")
    parser.add_argument("--views", type=int, default=10)
    return parser


if __name__ == "__main__":
    main()
