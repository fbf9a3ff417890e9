"""Enrolment photographs of painted people, with the fine grain by which enrolment recognises a sharp photograph."""

from pathlib import Path

import cv2
import numpy as np

from tests.synthetic.networks import paint_person


def write_photo(path: Path, person: int, *, face_px: int = 80) -> Path:
    """A PNG of one painted person, twice as large as the face; makes the folder, returns the path."""
    side = 2 * face_px
    photo = np.full((side, side, 3), 90, np.uint8)
    paint_person(photo, person, (side * 0.3, side * 0.25, side * 0.7, side * 0.75))
    grain = np.random.default_rng(person).normal(0, 14, (side, side, 1))
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.clip(photo + grain, 0, 255).astype(np.uint8))
    return path
