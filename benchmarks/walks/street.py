"""A street seen by a still camera, people who walk up to it, and the truth of every face: box and landmarks.

The camera adds perspective, blur, motion blur, noise and, in the file, H.264.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from benchmarks.walks.people import CHIP_PX, WalkingPerson, chip_box, cut_head
from detectors.arrays import Float32, Float64, Image
from detectors.base import Detections
from recognizer.spec import aligned_landmarks
from tests.synthetic.blend import blend
from tests.synthetic.video import Box
from tests.synthetic.walk import SPEED, Camera, standing, vignette

Owners = np.ndarray[tuple[int, ...], np.dtype[np.int16]]  # (H,W), the number of the person in each pixel, -1 for none

CAMERA = Camera(horizon=0.4, above=0.5, fps=10)
FAR_PX, NEAR_PX = 10.0, 60.0  # face heights at which people appear and leave
STAGGER_SECONDS = 1.1  # between two people
MAX_HIDDEN = 0.4  # share of a face behind somebody nearer, from which nobody could be expected to find it
_NOISE_SHIFT_PX = 128
_SPRITE_PX = 80.0  # face height at which people are painted
_NEAR_SHARE, _FAR_SHARE = 0.85, 0.6  # of the half width of the picture, to which people leave and appear


@dataclass(frozen=True)
class TrueFace:
    """A face in a frame. box: x1 y1 x2 y2.  landmarks: float32 (5,2).  hidden: share behind somebody nearer."""

    box: Box
    landmarks: Float32
    hidden: float

    @property
    def px(self) -> float:
        return self.box[3] - self.box[1]


@dataclass(frozen=True)
class StreetTruth:
    """What is true of a clip: for each frame the faces by the number of their person. seconds: of each entrance."""

    fps: float
    names: tuple[str, ...]
    faces: list[dict[int, TrueFace]] = field(default_factory=list)

    def entered(self, number: int) -> float:
        """Media second of the first frame with this person."""
        return next(index for index, faces in enumerate(self.faces) if number in faces) / self.fps

    def detections(self, index: int) -> Detections:
        """The true faces of a frame that can be seen, as a perfect detector would give them."""
        seen = [face for face in self.faces[min(index, len(self.faces) - 1)].values() if face.hidden <= MAX_HIDDEN]
        if not seen:
            return Detections.empty()
        boxes = np.array([face.box for face in seen], np.float32)
        return Detections(boxes, np.ones(len(seen), np.float32), np.stack([face.landmarks for face in seen]))


class Sprite:
    """A standing person at several sizes; `matrix` says exactly where each of its pixels goes."""

    def __init__(self, person: WalkingPerson, number: int) -> None:
        box = chip_box()
        self._height = float(box[3] - box[1])
        picture, placed = standing(cut_head(person.chip), _SPRITE_PX / self._height, number)
        self.middle = np.asarray((placed[:2] + placed[2:]) / 2, np.float64)
        self.shape = (float(placed[2] - placed[0]) / _SPRITE_PX, (aligned_landmarks(CHIP_PX) - (box[:2] + box[2:]) / 2))
        self.levels = [picture]
        while len(self.levels) < 4:
            rows, columns = (side // 2 * 2 for side in self.levels[-1].shape[:2])
            even = self.levels[-1][:rows, :columns]
            half = cv2.resize(even, (columns // 2, rows // 2), interpolation=cv2.INTER_AREA)
            self.levels.append(np.asarray(half, np.float32))

    def place(self, centre: Float64, px: float, roll: float) -> tuple[int, Float64]:
        """The level to draw and its affine matrix, for pixel centres. centre: of the face, corner coordinates."""
        factor = px / _SPRITE_PX
        level = min(len(self.levels) - 1, max(0, int(np.floor(np.log2(1 / factor)))))
        turn = _rotation(roll) * factor
        step = 2.0**level  # corner coordinates of a level are those of the picture, divided by this
        matrix = np.column_stack([turn * step, centre - turn @ self.middle])
        matrix[:, 2] += matrix[:, :2] @ np.full(2, 0.5) - 0.5  # from corners to pixel centres
        return level, matrix

    def truth(self, centre: Float64, px: float, roll: float, hidden: float) -> TrueFace:
        """Box and landmarks of the face drawn by `place`."""
        wide, points = self.shape
        half = np.array([wide, 1.0]) * px / 2
        landmarks = centre + points @ _rotation(roll).T * (px / self._height)
        x1, y1, x2, y2 = (float(value) for value in (*(centre - half), *(centre + half)))
        return TrueFace((x1, y1, x2, y2), np.asarray(landmarks, np.float32), hidden)


@dataclass(frozen=True)
class _Walker:
    sprite: Sprite
    start: float  # seconds
    across: tuple[float, float]  # metres to the side, far and near


class StreetWalk:
    """People walk up one after the other; `frames` gives the pictures and fills in `truth`.

    faces_px: face heights at which they appear and leave.  stagger: seconds between two of them.
    """

    def __init__(
        self,
        people: Sequence[WalkingPerson],
        background: Image,
        *,
        seed: int,
        camera: Camera = CAMERA,
        faces_px: tuple[float, float] = (FAR_PX, NEAR_PX),
        stagger: float = STAGGER_SECONDS,
    ) -> None:
        random = np.random.default_rng(seed)
        self.camera, self._random = camera, random
        self._begin, self._end = map(camera.distance, faces_px)
        lanes = (2 * random.permutation(len(people)) + 1) / len(people) - 1
        near = lanes * _NEAR_SHARE * _half_width(camera, self._end)
        far = random.uniform(-1, 1, len(people)) * _FAR_SHARE * _half_width(camera, self._begin)
        self._walkers = [
            _Walker(Sprite(person, seed + number), stagger * number, (float(far[number]), float(near[number])))
            for number, person in enumerate(people)
        ]
        self.seconds = self._walkers[-1].start + (self._begin - self._end) / SPEED
        self._background, self._sensor = _fill(background, camera), _Sensor(camera, random)
        self.truth = StreetTruth(camera.fps, tuple(person.name for person in people))

    def frames(self) -> Iterator[Image]:
        """The camera's pictures, BGR uint8 (H,W,3)."""
        for index in range(round(self.seconds * self.camera.fps)):
            time = index / self.camera.fps
            front = np.full(self._background.shape[:2], -1, np.int16)
            picture, poses = self._draw(time, front)
            self.truth.faces.append({number: self._truth(number, pose, front) for number, pose in poses.items()})
            late, _ = self._draw(time + self.camera.exposure, None)  # motion blur: the mean over the time of exposure
            yield self._sensor.expose(np.asarray(cv2.addWeighted(picture, 0.5, late, 0.5, 0.0), np.float32))

    def _draw(self, time: float, front: Owners | None) -> tuple[Float32, dict[int, tuple[Float64, float, float]]]:
        """The sharp picture and the pose of everybody in it. front: gets the number of the person in each pixel."""
        canvas = self._background.copy()
        placed: dict[int, tuple[Float64, float, float]] = {}
        away = {number: self._begin - SPEED * (time - one.start) for number, one in enumerate(self._walkers)}
        for number in sorted(away, key=lambda number: -away[number]):
            if self._end <= away[number] <= self._begin:
                placed[number] = self._pose(number, away[number], time)
                level, matrix = self._walkers[number].sprite.place(*placed[number])
                _paint(canvas, front, self._walkers[number].sprite.levels[level], matrix, number)
        return canvas, placed

    def _pose(self, number: int, away: float, time: float) -> tuple[Float64, float, float]:
        """Centre of the face, its height in pixels, and roll in degrees."""
        walker = self._walkers[number]
        share = (self._begin - away) / (self._begin - self._end)
        across = walker.across[0] + share * (walker.across[1] - walker.across[0]) + 0.03 * np.sin(3.0 * time + number)
        x, y, size = self.camera.place(float(across), away)
        y += size * 0.1 * abs(np.sin(6.0 * time + number))
        return np.array([x, y]), size, 3.0 * float(np.sin(2.0 * time + number))

    def _truth(self, number: int, pose: tuple[Float64, float, float], front: Owners) -> TrueFace:
        face = self._walkers[number].sprite.truth(*pose, hidden=0.0)
        x1, y1, x2, y2 = (max(0, round(value)) for value in face.box)
        part = front[y1 : y2 + 1, x1 : x2 + 1]
        hidden = float((part > -1).mean() - (part == number).mean()) if part.size else 1.0
        return TrueFace(face.box, face.landmarks, hidden)


def _half_width(camera: Camera, away: float) -> float:
    """Metres to each side that the camera sees at this distance."""
    return camera.width / 2 / camera.focal * away


class _Sensor:
    """Blurs a perfect picture, darkens its corners and adds luma noise, cut at random from one large field."""

    def __init__(self, camera: Camera, random: np.random.Generator) -> None:
        self._camera, self._random = camera, random
        shape = (camera.height + _NOISE_SHIFT_PX, camera.width + _NOISE_SHIFT_PX)
        self._noise = (random.standard_normal(shape, np.float32) * np.float32(camera.noise))[..., None]
        self._shade = vignette(camera)[..., None]

    def expose(self, sharp: Float32) -> Image:
        """What the camera makes of a picture, BGR float32 (H,W,3) to uint8."""
        top, left = self._random.integers(0, _NOISE_SHIFT_PX, 2)
        seen: Float32 = np.asarray(cv2.GaussianBlur(sharp, (0, 0), self._camera.blur), np.float32)
        seen *= self._shade
        seen += self._noise[top : top + self._camera.height, left : left + self._camera.width]
        return np.asarray(np.rint(np.clip(seen, 0, 255, out=seen), out=seen), np.uint8)


def _rotation(degrees: float) -> Float64:
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[cosine, sine], [-sine, cosine]])


def _fill(picture: Image, camera: Camera) -> Float32:
    """Scale a picture to cover the camera's frame and cut its middle."""
    scale = max(camera.width / picture.shape[1], camera.height / picture.shape[0])
    size = (max(camera.width, round(picture.shape[1] * scale)), max(camera.height, round(picture.shape[0] * scale)))
    large = cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC)
    top, left = (size[1] - camera.height) // 2, (size[0] - camera.width) // 2
    return np.asarray(large[top : top + camera.height, left : left + camera.width], np.float32)


def _paint(canvas: Float32, front: Owners | None, picture: Float32, matrix: Float64, number: int) -> None:
    """Blend a picture, premultiplied by its opacity, into the canvas, and note who is in front."""
    area, opacity = blend(canvas, picture, matrix)
    if front is not None:
        front[area][opacity > 0.5] = number
