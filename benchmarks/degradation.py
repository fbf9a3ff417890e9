"""Draws what the students learn from: the views that a configuration makes of one photograph's face.

    python -m benchmarks.degradation PHOTO.jpg docs/degraded.png --config configs/distill.yaml

A row for each student, its sharp face first; each pixel of a view is drawn as a square. The best face of the photograph
is taken, found by the shipped detector. Give one that may be shown: the picture in docs is of scikit-image's
`astronaut.png`, a portrait of Eileen Collins by NASA, in the public domain.
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

SIDE = 112  # pixels of each drawn tile
MASTER = 80


def main() -> None:
    arguments = _arguments()
    image = cv2.imread(str(arguments.photo), cv2.IMREAD_COLOR)
    if image is None:
        raise SystemExit(f"{arguments.photo}: expected a picture")
    faces = Aligner(arguments.detector).align(np.asarray(image, np.uint8))
    if not faces:
        raise SystemExit(f"{arguments.photo}: expected a face of at least 40 px, found none")
    students = read_settings(arguments.config, Settings).students
    rows = [row(faces[0], student, arguments.views, seed) for seed, student in enumerate(students.values())]
    cv2.imwrite(str(arguments.target), np.vstack(rows))
    Console().print(f"{arguments.target}: {', '.join(students)}, {arguments.views} views each")


def row(face: Image, student: StudentSettings, views: int, seed: int) -> Image:
    """The sharp face (112,112,3) and its views, side by side at 112 pixels each: (112, 112 * (views + 1), 3)."""
    masters = np.repeat(shrink(face[None], MASTER), views, axis=0)
    small = degrade(masters, student.size, student.degrade, np.random.default_rng(seed))
    tiles = [cv2.resize(view, (SIDE, SIDE), interpolation=cv2.INTER_NEAREST) for view in small]
    return np.asarray(np.hstack([face, *tiles]), np.uint8)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photo", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--config", type=Path, default=Path("configs/distill.yaml"))
    parser.add_argument("--detector", default="embedded")
    parser.add_argument("--views", type=int, default=10)
    return parser.parse_args()


if __name__ == "__main__":
    main()
