"""People walk through the hall up to the camera: the demo's clip, with the truth of every face.

Sizes follow from distances, so a face of so many pixels is so many metres away under the stated camera. The camera adds
motion blur, blur, noise and vignetting; H.264 comes with the file.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from detectors.arrays import Float32, Image
from tests.synthetic.hall.figure import Figure
from tests.synthetic.hall.people import Person
from tests.synthetic.hall.room import FACE_UP, paint_room
from tests.synthetic.video import Box, Truth
from tests.synthetic.walk import Camera, degrade

CAMERA = Camera(width=640, height=360, view=35.0, above=0.4, horizon=0.38, noise=3.0, blur=0.55)
SPEED = 1.2  # metres a second
STAGGER = 2.2  # seconds between two people
# Metres from the middle, where people come from and where they leave the picture: to the left and right in turn.
LANES = ((-0.45, -1.8), (0.5, 1.8), (-0.85, -1.8), (0.15, 1.8))
TROUSERS = {
    "Luca": (36, 34, 34),
    "Mei": (74, 96, 96),
    "Noor": (62, 50, 46),
    "Kofi": (84, 92, 102),
    "Eileen": (46, 86, 196),
}
_OTHERS = (84, 66, 54)  # BGR, of trousers that no portrait shows
_LIGHT = (0.9, 0.93, 0.95)  # the hall's light on people photographed elsewhere, factors of BGR


@dataclass(frozen=True)
class _Walker:
    """lane: metres from the middle far away and near by. start: seconds."""

    figure: Figure
    lane: tuple[float, float]
    start: float


class HallWalk:
    """Everybody walks up, one after the other, while their faces grow from `far` to `near` pixels."""

    def __init__(self, people: Sequence[Person], camera: Camera = CAMERA, *, far: float = 11, near: float = 42) -> None:
        self.camera, self._begin, self._end = camera, camera.distance(far), camera.distance(near)
        self._walkers = [
            _Walker(Figure(one, TROUSERS.get(one.name, _OTHERS), _LIGHT), LANES[number % len(LANES)], STAGGER * number)
            for number, one in enumerate(people)
        ]
        self.seconds = self._walkers[-1].start + (self._begin - self._end) / SPEED
        self.truth = Truth(camera.fps, (camera.width, camera.height), [])

    def frames(self) -> Iterator[Image]:
        """The camera's pictures, BGR uint8; each adds to the truth."""
        room, random = paint_room(self.camera), np.random.default_rng(7)
        for index in range(round(self.seconds * self.camera.fps)):
            time = index / self.camera.fps
            early, late = room.copy(), room.copy()
            self.truth.boxes.append(self._draw(early, time))
            self._draw(late, time + self.camera.exposure)  # motion blur: two moments while the shutter is open
            yield degrade(np.asarray((early + late) / 2, np.float32), self.camera, random)

    def _draw(self, canvas: Float32, time: float) -> dict[int, Box]:
        """Paint everybody in view, the farthest first; returns their face boxes by number."""
        boxes: dict[int, Box] = {}
        ways = [(self._begin - SPEED * (time - one.start), number) for number, one in enumerate(self._walkers)]
        for away, number in sorted(ways, reverse=True):
            if self._end <= away <= self._begin:
                box = self._draw_walker(canvas, self._walkers[number], number, (time, away))
                if 0 <= box[0] and box[2] <= self.camera.width:
                    boxes[number] = box
        return boxes

    def _draw_walker(self, canvas: Float32, walker: _Walker, number: int, at: tuple[float, float]) -> Box:
        time, away = at
        share = (self._begin - away) / (self._begin - self._end)
        far, near = walker.lane
        beat = 5.6 * time + number
        x, y, size = self.camera.place(far + (near - far) * share + 0.03 * np.sin(beat / 2), away)
        y -= 0.12 * size * abs(np.sin(beat))
        self._shadow(canvas, x, away)
        roll = 2.5 * float(np.sin(1.9 * time + number))
        return walker.figure.draw(canvas, x, y, size, roll, float(np.sin(beat)))

    def _shadow(self, canvas: Float32, x: float, away: float) -> None:
        """Darken the floor under a person."""
        scale = self.camera.focal / away
        y = self.camera.height * self.camera.horizon + scale * (self.camera.above + FACE_UP)
        reach = round(0.7 * scale)
        mask = np.zeros((2 * reach, 2 * reach), np.float32)
        size = (max(1, round(0.4 * scale)), max(1, round(0.4 * scale * (self.camera.above + FACE_UP) / away)))
        cv2.ellipse(mask, (reach, reach), size, 0, 0, 360, 0.5, -1, cv2.LINE_AA)
        soft = cv2.GaussianBlur(mask, (0, 0), max(0.8, 0.07 * scale))[..., None]
        _multiply(canvas, (round(x) - reach, round(y) - reach), np.asarray(1 - soft, np.float32))


def _multiply(canvas: Float32, corner: tuple[int, int], factor: Float32) -> None:
    """Multiply the part of the canvas under `factor`, whose upper left pixel lies at `corner`."""
    (x, y), (height, width) = corner, factor.shape[:2]
    left, top, right, bottom = max(x, 0), max(y, 0), min(x + width, canvas.shape[1]), min(y + height, canvas.shape[0])
    if left < right and top < bottom:
        canvas[top:bottom, left:right] *= factor[top - y : bottom - y, left - x : right - x]
