"""Tracks as the camera of a made site sees them: people come nearer, from far below 28 pixels to well above 48."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from detectors.arrays import Float32, Float64, Image
from distill.site.visitors import Look
from recognizer.base import Recognizer
from recognizer.chips import cut_chip
from recognizer.filmed import through_h264
from recognizer.population import LANDMARK_JITTER
from recognizer.spec import aligned_landmarks

FACES, COLUMNS, SHEET_PX = 64, 8, 128  # of one film
HEIGHTS_PX = np.geomspace(11.0, 84.0, 14)  # of a face, frame by frame
STEP_SECONDS = 0.5
STEP_PX = 1.5  # of a face from one frame to the next, standard deviation
SECONDS_APART = 10.0  # from one visitor to the next
PICTURE_PX = 112


@dataclass(frozen=True, slots=True)
class MadeSite:
    """blur: of the lens, standard deviation in pixels.  noise: grey levels.  crf: of x264.  gain: factor of the light.

    motion: length of the smear, share of the face height.  squash: height of a face seen from above, share.
    """

    name: str
    blur: float
    noise: float
    crf: int
    motion: float = 0.0
    gain: float = 1.0
    squash: float = 1.0

    def describe(self) -> str:
        """One line for a table."""
        parts = [f"blur {self.blur:g} px", f"noise {self.noise:g}", f"crf {self.crf}"]
        parts += [f"smear {100 * self.motion:g} % of the face"] * (self.motion > 0)
        parts += [f"light {self.gain:g}"] * (self.gain != 1)
        parts += [f"seen from above, {self.squash:g}"] * (self.squash != 1)
        return ", ".join(parts)


CHOOSING = MadeSite("for settings", blur=0.8, noise=2.0, crf=24, motion=0.05)
SITES = (
    MadeSite("soft lens", blur=1.2, noise=1.5, crf=24),
    MadeSite("dusk", blur=0.5, noise=8.0, crf=22, gain=0.5),
    MadeSite("high and smeared", blur=0.6, noise=2.0, crf=24, motion=0.12, squash=0.88),
)


def film(
    site: MadeSite, recognizer: Recognizer, pictures: Sequence[Image], start: float, *, seed: int
) -> list[list[Look]]:
    """The looks at each aligned picture BGR uint8 (112,112,3); each is cut as serving does. start: Unix seconds."""
    random = np.random.default_rng(seed)
    tracks: list[list[Look]] = []
    for first in range(0, len(pictures), FACES):
        tracks += _film(site, recognizer, pictures[first : first + FACES], start + SECONDS_APART * first, random)
    return tracks


def _film(
    site: MadeSite, recognizer: Recognizer, pictures: Sequence[Image], start: float, random: np.random.Generator
) -> list[list[Look]]:
    shape = (len(HEIGHTS_PX), len(pictures), 2)
    way = random.uniform(-6, 6, shape[1:]) + np.cumsum(random.normal(0, STEP_PX, shape), axis=0)
    shifts = np.clip(way, -14, 14) + SHEET_PX / 2
    frames = list(_expose(site, pictures, shifts, random))
    tracks: list[list[Look]] = [[] for _ in pictures]
    for index, frame in enumerate(through_h264(frames, site.crf)):
        px = float(HEIGHTS_PX[index])
        spec = recognizer.spec_for(px)
        for row, track in enumerate(tracks):
            error = random.normal(0, LANDMARK_JITTER * px, (5, 2))
            points = aligned_landmarks(PICTURE_PX) @ _scale(site, px).T
            landmarks = points + shifts[index, row] - _scale(site, px) @ np.full(2, PICTURE_PX / 2) + error
            chip = cut_chip(frame[_sheet(row)], landmarks.astype(np.float32), spec)
            track.append(Look(chip, px, start + SECONDS_APART * row + STEP_SECONDS * index))
    return tracks


def _expose(site: MadeSite, pictures: Sequence[Image], shifts: Float64, random: np.random.Generator) -> Iterator[Image]:
    """The frames as the sensor gives them, BGR uint8."""
    rows = -(-len(pictures) // COLUMNS)
    for index, px in enumerate(HEIGHTS_PX):
        frame = np.zeros((rows * SHEET_PX, COLUMNS * SHEET_PX, 3), np.float32)
        for row, picture in enumerate(pictures):
            frame[_sheet(row)] = _draw(site, picture, float(px), shifts[index, row])
        soft = cv2.GaussianBlur(_smear(site, frame, float(px)), (0, 0), site.blur) * site.gain
        grain = random.standard_normal(soft.shape, np.float32) * site.noise
        yield np.clip(soft + grain, 0, 255).round().astype(np.uint8)


def _draw(site: MadeSite, picture: Image, px: float, centre: Float64) -> Float32:
    """A picture on its sheet, float32 (SHEET_PX,SHEET_PX,3)."""
    size = max(4, 2 ** int(np.ceil(np.log2(px))))
    small = cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA) if size < PICTURE_PX else picture
    scale = _scale(site, px) * (PICTURE_PX / len(small))
    shift = centre - scale @ np.full(2, len(small) / 2) + scale @ np.full(2, 0.5) - 0.5  # to pixel centres
    matrix = np.column_stack([scale, shift])
    drawn = cv2.warpAffine(
        small.astype(np.float32), matrix, (SHEET_PX, SHEET_PX), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(drawn, np.float32)


def _smear(site: MadeSite, frame: Float32, px: float) -> Float32:
    length = max(1, round(site.motion * px))
    return frame if length == 1 else np.asarray(cv2.blur(frame, (length, 1)), np.float32)


def _scale(site: MadeSite, px: float) -> Float64:
    """From a pixel of a picture to one of the frame, (2,2)."""
    return np.diag([px / PICTURE_PX, site.squash * px / PICTURE_PX])


def _sheet(row: int) -> tuple[slice, slice]:
    y, x = (SHEET_PX * place for place in divmod(row, COLUMNS))
    return slice(y, y + SHEET_PX), slice(x, x + SHEET_PX)
