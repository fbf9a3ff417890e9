"""What the cameras of a site do to a small face: blur, noise and compression, found by comparing real far looks.

Each candidate makes far views of near looks. Those whose fine detail is most like that of the real far looks are the
site's: nothing else is known of a camera, and nothing else is asked.
"""

from collections.abc import Sequence
from itertools import pairwise, product
from typing import NamedTuple

import cv2
import numpy as np

from detectors.arrays import Chips, Float32, Float64, Image
from distill.data.codec import compress_h264
from recognizer.chips import cut_chip
from recognizer.population import LANDMARK_JITTER
from recognizer.spec import ChipSpec, aligned_landmarks

BLURS_PX = (0.3, 0.6, 1.0, 1.5, 2.0)  # standard deviation of the optics, pixels of the sensor
NOISES = (0.0, 4.0, 8.0, 14.0, 20.0)  # grey levels, standard deviation
CRFS = (20, 26, 32, 38)  # quality of x264: low is good
BLOCK = 16  # pixels of a macroblock
SHEET_PX = 64  # side of the part of a frame in which a far face is drawn
BEST = 3  # candidates that are taken for the site's


class Camera(NamedTuple):
    """blur: standard deviation, pixels of the sensor.  noise: grey levels.  crf: of H.264."""

    blur: float
    noise: float
    crf: int


CANDIDATES = tuple(Camera(*values) for values in product(BLURS_PX, NOISES, CRFS))


def film(faces: Sequence[Image], heights: Sequence[float], camera: Camera, spec: ChipSpec, seed: int) -> Chips:
    """Chips, BGR uint8 (N,S,S,3), that serving would cut of these aligned faces at these heights (pixels)."""
    random = np.random.default_rng(seed)
    sheets, landmarks = [], []
    for face, px in zip(faces, heights, strict=True):
        sheet, points = _draw(face, px, camera, random)
        sheets.append(sheet)
        landmarks.append(points)
    frame = np.stack(sheets)
    seen = np.clip(frame + random.normal(0, camera.noise + 1e-9, frame.shape[:3])[..., None], 0, 255)
    coded = compress_h264(seen.round().astype(np.uint8), quality=camera.crf)
    return np.stack([cut_chip(sheet, points, spec) for sheet, points in zip(coded, landmarks, strict=True)])


def find_cameras(far: Chips, near: Sequence[Image], heights: Sequence[float], spec: ChipSpec) -> tuple[Camera, ...]:
    """The candidates that make near looks most like real far ones, the best first.

    far: chips (N,S,S,3) of real far looks.  near: aligned pictures, one for each height, which are those of `far`.
    """
    wanted = describe(far)
    distances = [
        float(np.abs(describe(film(near, heights, camera, spec, seed=0)) - wanted).sum()) for camera in CANDIDATES
    ]
    return tuple(CANDIDATES[row] for row in np.argsort(distances)[:BEST])


def describe(chips: Chips) -> Float64:
    """How much detail chips (N,S,S,3) have, by its size, in brightness and colour: mean logarithms (6,)."""
    details: Float64 = np.mean([_details(chip) for chip in chips], axis=0)
    return details


def _details(chip: Image) -> Float64:
    planes: Float32 = np.asarray(cv2.cvtColor(chip, cv2.COLOR_BGR2YCrCb), np.float32)
    parts = []
    for plane in (planes[..., 0], planes[..., 1]):
        smooth = [plane, *(cv2.GaussianBlur(plane, (0, 0), sigma) for sigma in (0.7, 1.4, 2.8))]
        parts += [float(np.log(np.std(fine - coarse) + 0.1)) for fine, coarse in pairwise(smooth)]
    return np.array(parts)


def _draw(face: Image, px: float, camera: Camera, random: np.random.Generator) -> tuple[Float32, Float32]:
    """A part of a frame with the face, float32 (SHEET_PX,SHEET_PX,3), and landmarks (5,2) as a detector finds them."""
    size = min(max(round(px), 4), SHEET_PX - BLOCK)
    pitch = len(face) / size
    soft = cv2.GaussianBlur(face, (0, 0), max(camera.blur * pitch, 0.05))
    small = cv2.resize(soft, (size, size), interpolation=cv2.INTER_AREA)
    left, top = (int(edge) for edge in random.integers(0, BLOCK, 2))
    rest = SHEET_PX - size
    sheet = cv2.copyMakeBorder(small, top, rest - top, left, rest - left, cv2.BORDER_REPLICATE)
    points = aligned_landmarks(size) + np.array([left, top]) + random.normal(0, LANDMARK_JITTER * size, (5, 2))
    return np.asarray(sheet, np.float32), points.astype(np.float32)
