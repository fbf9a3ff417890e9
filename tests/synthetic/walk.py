"""A pinhole camera in a world measured in metres, what it does to a perfect picture, and standing people.

Heads are photographs, bodies are painted. Sizes follow from distances, so a face of so many pixels is so many metres
away under the stated camera.
"""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from detectors.arrays import Float32, Image

FACE_M = 0.2  # height of a face, as detectors draw it
SPEED = 1.5  # metres a second
_BODY = 8.0  # face heights from crown to sole


@dataclass(frozen=True)
class Camera:
    """A still, level pinhole camera above people's heads."""

    width: int = 960
    height: int = 540
    view: float = 60.0  # degrees across
    above: float = 1.0  # metres the lens hangs above the faces
    horizon: float = 0.2  # share of the picture's height at which faces far away stand
    fps: float = 12.0
    exposure: float = 0.02  # seconds
    blur: float = 0.6  # pixels, standard deviation of the optics
    noise: float = 4.0  # grey levels, standard deviation

    @cached_property
    def focal(self) -> float:
        """Focal length in pixels."""
        return float(self.width / 2 / np.tan(np.radians(self.view / 2)))

    def distance(self, face_px: float) -> float:
        """Distance in metres of a face of this height."""
        return self.focal * FACE_M / face_px

    def place(self, across: float, away: float) -> tuple[float, float, float]:
        """Centre (x, y) and height in pixels of a face. across, away: metres to the side and in depth."""
        scale = self.focal / away
        return self.width / 2 + scale * across, self.height * self.horizon + scale * self.above, scale * FACE_M


@dataclass(frozen=True)
class Cutout:
    """A head with its matte.

    head: BGR uint8.  matte: float32 (H,W) 0..1 of `head`.  box: the face in `head`, x1 y1 x2 y2.
    """

    head: Image
    matte: Float32
    box: Float32


def standing(person: Cutout, scale: float, number: int) -> tuple[Float32, Float32]:
    """Head on a painted body: float32 (H,W,4), premultiplied colour and opacity, and the face's box in it."""
    size = (round(person.head.shape[1] * scale), round(person.head.shape[0] * scale))
    head = np.asarray(cv2.resize(person.head, size, interpolation=cv2.INTER_AREA), np.float32)
    matte = np.asarray(cv2.resize(person.matte, size, interpolation=cv2.INTER_AREA), np.float32)
    box, face = person.box * np.float32(scale), float(person.box[3] - person.box[1]) * scale
    wide, tall = round(3.6 * face), round(_BODY * face) + size[1]
    picture = np.zeros((tall, wide, 4), np.float32)
    left = round(wide / 2 - float(box[0] + box[2]) / 2)
    box = box + np.array([left, 0, left, 0], np.float32)
    _dress(picture, box, face, _skin(person), number)
    part = picture[: size[1], max(left, 0) : left + size[0]]
    head, matte = head[:, max(-left, 0) :][:, : part.shape[1]], matte[:, max(-left, 0) :][:, : part.shape[1]]
    part[...] = part * (1 - matte[..., None]) + np.dstack([head * matte[..., None], matte])
    return picture, box


def _skin(person: Cutout) -> tuple[float, ...]:
    x1, y1, x2, y2 = person.box.astype(int).tolist()
    cheeks = person.head[(y1 + y2) // 2 : y2, x1 + (x2 - x1) // 4 : x2 - (x2 - x1) // 4]
    return tuple(float(value) * 0.8 for value in np.median(cheeks.reshape(-1, 3), axis=0))


def _dress(picture: Float32, box: Float32, face: float, skin: tuple[float, ...], number: int) -> None:
    """Paint neck, coat and legs as plain shapes."""
    tint = np.random.default_rng(number).uniform(-28, 28, (2, 3))
    coat, trousers = (tuple((grey + tint[row]).tolist()) for row, grey in enumerate((95, 55)))
    x, chin = float(box[0] + box[2]) / 2, float(box[3])

    def shape(colour: tuple[float, ...], *points: tuple[float, float]) -> None:
        corners = np.array([(x + across * face, chin + down * face) for across, down in points])
        cv2.fillPoly(picture, [corners.round().astype(np.int32)], (*colour, 1.0), cv2.LINE_AA)

    shape(skin, (-0.3, -0.25), (0.3, -0.25), (0.35, 0.5), (-0.35, 0.5))
    for side in (-1, 1):
        shape(trousers, (side * 0.05, 3.0), (side * 0.8, 3.0), (side * 0.6, 6.6), (side * 0.15, 6.6))
    shape(coat, (-0.3, 0.12), (0.3, 0.12), (1.05, 0.5), (1.25, 3.2), (-1.25, 3.2), (-1.05, 0.5))


def degrade(sharp: Float32, camera: Camera, random: np.random.Generator) -> Image:
    """Blur a perfect picture, darken its corners and add luma noise."""
    soft = cv2.GaussianBlur(sharp, (0, 0), camera.blur)
    noise = random.normal(0, camera.noise, sharp.shape[:2]).astype(np.float32)
    seen = np.clip(soft * vignette(camera)[..., None] + noise[..., None], 0, 255)
    return np.asarray(seen.round(), np.uint8)


def vignette(camera: Camera) -> Float32:
    y, x = np.mgrid[-1 : 1 : camera.height * 1j, -1 : 1 : camera.width * 1j]
    return np.asarray(1 - 0.18 * (x**2 + y**2) / 2, np.float32)
