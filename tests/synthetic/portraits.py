"""Real portraits for tests of the library: docs/faces, whose people do not exist (docs/credits.md)."""

from pathlib import Path

import cv2
import numpy as np

from detectors.arrays import Image

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
