"""LFW's faces, turned a little, shrunk to one height and laid out on sheets for a detector, with true landmarks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from detectors.arrays import Chips, Float32, Image, Mask
from distill.metrics.lfw import Pairs
from recognizer.spec import ARCFACE_112

SHEET_PX = 640
CHIP_PX, FACE_PX = 112, 104.0  # a chip's side, and the face in it from brow to below the chin
CELL_HEIGHTS = 2.4  # face heights from one face on a sheet to the next
ROLL_DEGREES = 8.0  # standard deviation: a chip is upright, people are not
GREY = 110
TEMPLATE = np.asarray(ARCFACE_112, np.float32)  # pixel centres


@dataclass(frozen=True)
class Sheet:
    """Faces on one picture: their rows in the test, and true landmarks (N,5,2).

    Coordinates are a detector's: the corner of the first pixel is at (0, 0).
    """

    image: Image
    rows: list[int]
    landmarks: Float32


def lay_out(images: Chips, rows: Sequence[int], height: int) -> Iterator[Sheet]:
    """Sheets with these rows of LFW at one face height, pixels."""
    cell = round(CELL_HEIGHTS * height)
    across = SHEET_PX // cell
    for start in range(0, len(rows), across**2):
        on_sheet, canvas = list(rows[start : start + across**2]), np.full((SHEET_PX, SHEET_PX, 3), GREY, np.uint8)
        landmarks = []
        for number, row in enumerate(on_sheet):
            corner = np.array([number % across, number // across]) * cell
            part, points = _shrink(images[row], cell, height / FACE_PX, np.random.default_rng(row))
            canvas[corner[1] : corner[1] + cell, corner[0] : corner[0] + cell] = part
            landmarks.append(points + corner)
        yield Sheet(canvas, on_sheet, np.asarray(landmarks, np.float32))


def select_pairs(pairs: Pairs, rows: Mask) -> Pairs:
    """These pairs alone, in their folds."""
    return Pairs(pairs.first[rows], pairs.second[rows], pairs.same[rows], pairs.fold[rows])


def _shrink(chip: Image, cell: int, scale: float, random: np.random.Generator) -> tuple[Image, Float32]:
    """A face turned, moved by up to a pixel and shrunk onto a cell, and its landmarks there."""
    side = round(cell / scale)
    middle, angle = (CHIP_PX / 2 - 0.5, CHIP_PX / 2 - 0.5), float(random.normal(0, ROLL_DEGREES))
    matrix = np.asarray(cv2.getRotationMatrix2D(middle, angle, 1.0), np.float64)
    matrix[:, 2] += (side - CHIP_PX) / 2 + random.uniform(-1, 1, 2) / scale
    large = cv2.warpAffine(chip, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    small = cv2.resize(large, (cell, cell), interpolation=cv2.INTER_AREA)
    points = (TEMPLATE @ matrix[:, :2].T + matrix[:, 2] + 0.5) * (cell / side)
    return np.asarray(small, np.uint8), np.asarray(points, np.float32)
