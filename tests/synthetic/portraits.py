"""Real portraits for tests of the library: docs/faces, whose people do not exist (docs/credits.md)."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from detectors.arrays import Image
from tests.synthetic.video import write_clip

FACES = Path(__file__).parents[2] / "docs" / "faces"
KNOWN = ("Ada", "Ben", "Cleo")
STRANGER = "Hedy"


def portrait(name: str, side: int = 256) -> Image:
    """A portrait, BGR uint8 (side,side,3); its face is two fifths as high."""
    picture = np.asarray(cv2.imread(str(FACES / f"{name}.jpg")), np.uint8)
    return np.asarray(cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def group(*names: str, side: int = 256) -> Image:
    """Portraits side by side."""
    return np.hstack([portrait(name, side) for name in names])


def write_group(path: Path, *names: str, side: int = 256) -> Path:
    """A picture file of portraits side by side."""
    cv2.imwrite(str(path), group(*names, side=side))
    return path


def nothing(side: int = 200) -> Image:
    """A picture of noise without a face."""
    return np.random.default_rng(1).integers(90, 110, (side, side, 3), np.uint8)


def write_portrait_clip(path: Path, *names: str, seconds: float = 2.0, fps: float = 10.0) -> Path:
    """A video of 480x270 pixels in which portraits with faces of about 45 pixels move to the right."""
    background = np.full((270, 480, 3), 100, np.uint8) + nothing(480)[:270] // 8

    def frames() -> Iterator[Image]:
        for index in range(round(seconds * fps)):
            frame = background.copy()
            for number, name in enumerate(names):
                left = 20 + 140 * number + index
                frame[70:182, left : left + 112] = portrait(name, 112)
            yield frame

    return write_clip(path, frames(), fps=fps, crf="12")
