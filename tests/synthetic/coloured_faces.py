"""A test in LFW's format whose faces each show one flat colour per person, and an ensemble that tells the colours."""

from pathlib import Path

import cv2
import numpy as np

from detectors.arrays import Chips, Float32
from distill.config import EvaluateSettings
from recognizer.preprocess import l2_normalise

COLOURS = {"Ann": (200, 0, 0), "Bo": (0, 200, 0), "Cy": (0, 0, 200)}  # BGR


def write_coloured_faces(folder: Path) -> EvaluateSettings:
    """Write `faces/` (two pictures of each person, by name) and `pairs.txt` (two folds, one pair of each kind)."""
    for name, colour in COLOURS.items():
        (folder / "faces" / name).mkdir(parents=True)
        for number in (1, 2):
            picture = np.full((112, 112, 3), colour, np.uint8)
            cv2.imwrite(str(folder / "faces" / name / f"{name}_{number:04d}.png"), picture)
    (folder / "pairs.txt").write_text("2 1\nAnn\t1\t2\nAnn\t1\tBo\t1\nBo\t1\t2\nBo\t2\tCy\t1\n")
    return EvaluateSettings(str(folder / "faces"), str(folder / "pairs.txt"), sizes=(112, 16), gallery_people=2)


class ColourEnsemble:
    """Embeds a face as its mean colour, and below `blind_below` pixels every face as the same vector."""

    name = "colours"

    def __init__(self, blind_below: int = 0) -> None:
        self.blind_below = blind_below

    def embed(self, faces: Chips, pixels: int) -> Float32:
        """Unit rows float32 (N,3) of BGR uint8 (N,S,S,3)."""
        if pixels < self.blind_below:
            return l2_normalise(np.ones((len(faces), 3), np.float32))
        return l2_normalise(faces.mean(axis=(1, 2)))
