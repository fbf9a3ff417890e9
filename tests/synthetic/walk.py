"""People walk up to a pinhole camera in a world measured in metres, with the ground truth of every face.

Heads are photographs, bodies are painted. The camera adds perspective, blur, noise, vignetting, motion blur and H.264.
Sizes follow from distances, so a face of so many pixels is so many metres away under the stated camera.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from detectors.arrays import Float32, Float64, Image
from tests.synthetic.cutouts import Cutout
from tests.synthetic.video import Box, Truth

FACE_M = 0.2  # height of a face, as detectors draw it
SPEED = 1.5  # metres a second
STAGGER = 1.5  # seconds between two people
LANE = 0.45  # metres between two lanes
_BODY = 8.0  # face heights from crown to sole
_SHARP = 64.0  # face height, pixels, at which people are painted; the photographs are not much larger


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
class Walker:
    """One person who walks. lane: metres from the middle. start: seconds."""

    sprite: "Sprite"
    lane: float
    start: float


class Walk:
    """Everybody walks up, one after the other, while their faces grow from `far` to `near` pixels."""

    def __init__(self, people: Sequence[Cutout], camera: Camera, *, far: float = 10.0, near: float = 60.0) -> None:
        self.camera, self._begin, self._end = camera, camera.distance(far), camera.distance(near)
        lanes = np.argsort(np.random.default_rng(2).random(len(people))) - (len(people) - 1) / 2
        self._walkers = [
            Walker(Sprite(one, number), LANE * float(lanes[number]), STAGGER * number)
            for number, one in enumerate(people)
        ]
        self.seconds = self._walkers[-1].start + (self._begin - self._end) / SPEED
        self.truth = Truth(camera.fps, (camera.width, camera.height), [])

    def frames(self) -> Iterator[Image]:
        """The camera's pictures, BGR uint8; each adds to the truth."""
        background, random = scene(self.camera), np.random.default_rng(7)
        for index in range(round(self.seconds * self.camera.fps)):
            time = index / self.camera.fps
            sharp = background.copy()
            self.truth.boxes.append(self._draw(sharp, time))
            if self.camera.exposure:  # motion blur: the mean of where everybody is while the shutter is open
                late = background.copy()
                self._draw(late, time + self.camera.exposure)
                sharp = np.asarray((sharp + late) / 2, np.float32)
            yield degrade(sharp, self.camera, random)

    def _draw(self, canvas: Float32, time: float) -> dict[int, Box]:
        """Paint everybody in view, the farthest first; returns their face boxes by number."""
        boxes: dict[int, Box] = {}
        ways = [(self._begin - SPEED * (time - one.start), number) for number, one in enumerate(self._walkers)]
        for away, number in sorted(ways, reverse=True):
            if self._end <= away <= self._begin:
                walker = self._walkers[number]
                x, y, size = self.camera.place(walker.lane + 0.03 * np.sin(3.0 * time + number), away)
                y += size * 0.1 * abs(np.sin(6.0 * time + number))
                boxes[number] = walker.sprite.draw(canvas, x, y, size, 3.0 * float(np.sin(2.0 * time + number)))
        return boxes


class Sprite:
    """A standing person at several sizes; `draw` takes the smallest that is large enough."""

    def __init__(self, person: Cutout, number: int) -> None:
        height = float(person.box[3] - person.box[1])
        scale = _SHARP / height
        self._face = scale * height
        picture, self._box = standing(person, scale, number)
        self._levels = [picture]
        while len(self._levels) < 4:
            self._levels.append(np.asarray(cv2.pyrDown(self._levels[-1]), np.float32))

    def draw(self, canvas: Float32, x: float, y: float, face_px: float, roll: float) -> Box:
        """Paint with the face centred at (x, y). roll: degrees. Returns the face's box."""
        factor = face_px / self._face
        level = min(len(self._levels) - 1, max(0, int(np.floor(np.log2(1 / factor)))))
        middle, picture = (self._box[:2] + self._box[2:]) / 2, self._levels[level]
        matrix = np.asarray(cv2.getRotationMatrix2D((float(middle[0]), float(middle[1])), roll, factor), np.float64)
        matrix[:, 2] += np.array([x, y]) - middle
        matrix[:, 2] += matrix[:, :2] @ np.full(2, (2**level - 1) / 2)  # keep the centres of pixels in place
        matrix[:, :2] *= 2**level
        _paint(canvas, picture, matrix)
        half = factor * (self._box[2:] - self._box[:2]) / 2
        return float(x - half[0]), float(y - half[1]), float(x + half[0]), float(y + half[1])


def _paint(canvas: Float32, picture: Float32, matrix: Float64) -> None:
    """Blend a picture, premultiplied by its opacity, into the canvas."""
    height, width = picture.shape[:2]
    corners = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]]) @ matrix.T
    low = np.floor(np.clip(corners.min(axis=0), 0, canvas.shape[1::-1])).astype(int)
    high = np.ceil(np.clip(corners.max(axis=0), 0, canvas.shape[1::-1])).astype(int)
    if (high <= low).any():
        return
    shifted = matrix.copy()
    shifted[:, 2] -= low
    moved = cv2.warpAffine(picture, shifted, (high - low).tolist(), flags=cv2.INTER_LINEAR)
    part = canvas[low[1] : high[1], low[0] : high[0]]
    part *= 1 - moved[..., 3:]
    part += moved[..., :3]


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


def scene(camera: Camera) -> Float32:
    """The background: a floor of slabs in perspective and a wall with doors; float32 (H,W,3)."""
    random, canvas = np.random.default_rng(3), np.zeros((camera.height, camera.width, 3), np.float32)
    ground = round(camera.height * camera.horizon + camera.focal * (camera.above + 1.55) / 30)
    rows, columns = np.mgrid[0 : camera.height, 0 : camera.width].astype(np.float32)
    away = camera.focal * (camera.above + 1.55) / np.maximum(rows - camera.height * camera.horizon, 1)
    across = (columns - camera.width / 2) * away / camera.focal
    slabs = ((np.floor(across) + np.floor(away)) % 2)[..., None] * 14 + np.array([92, 98, 104])
    wall = np.array([120, 128, 138]) + 12 * ((rows // 12 + columns // 40) % 2)[..., None]
    canvas[:] = np.where((rows >= ground)[..., None], slabs, wall)
    for left in (0.1, 0.35, 0.62, 0.85):
        door = (int(left * camera.width), round(ground - 0.13 * camera.height))
        cv2.rectangle(canvas, door, (door[0] + camera.width // 25, ground), (60, 66, 82), -1)
    grain = random.normal(0, 9, (camera.height // 2, camera.width // 2, 1)).astype(np.float32)
    return np.asarray(canvas + cv2.resize(grain, (camera.width, camera.height))[..., None], np.float32)


def degrade(sharp: Float32, camera: Camera, random: np.random.Generator) -> Image:
    """Blur a perfect picture, darken its corners and add luma noise."""
    soft = cv2.GaussianBlur(sharp, (0, 0), camera.blur)
    noise = random.normal(0, camera.noise, sharp.shape[:2]).astype(np.float32)
    seen = np.clip(soft * vignette(camera)[..., None] + noise[..., None], 0, 255)
    return np.asarray(seen.round(), np.uint8)


def vignette(camera: Camera) -> Float32:
    y, x = np.mgrid[-1 : 1 : camera.height * 1j, -1 : 1 : camera.width * 1j]
    return np.asarray(1 - 0.18 * (x**2 + y**2) / 2, np.float32)
