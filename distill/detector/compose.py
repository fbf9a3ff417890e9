"""Draws training pictures: shrunk photographs laid side by side, scenes without faces, and faces pasted into both.

The surprising decision: heights are chosen first and photographs shrunk to suit, as the test does. Left to the
photographs, half of all faces would be larger than any the detector is for.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np

from detectors.arrays import Float32, Image
from distill.detector.config import PictureSettings
from distill.detector.degradation import softened, weathered
from distill.detector.label import ARCFACE
from distill.detector.paste import INNER, WHOLE, Pose, box_and_points, draw_body, likeness, matrix_of, paste
from distill.detector.training_data import Library, Photograph
from recognizer.chips import similarity

GREY = 114  # of sheets (benchmarks and evaluation)
SMALLEST, HIGHEST = 6.0, 112.0  # pixels: faces outside are neither faces nor background
_SEEN = (0.3, 0.75)  # share of a face inside the picture: below, it is none; above, it is one
MIRRORED = [1, 0, 2, 4, 3]  # landmarks of a mirrored face


@dataclass
class View:
    """A picture, BGR uint8 (S,S,3), and what is on it: boxes (N,4), points (N,5,2) or NaN, ignore (M,4), in pixels."""

    image: Image
    boxes: list[Float32] = field(default_factory=list)
    points: list[Float32] = field(default_factory=list)
    ignore: list[Float32] = field(default_factory=list)


@dataclass(frozen=True)
class Cut:
    """A part of a shrunk photograph. at: where its left upper corner goes. start: where it begins in the shrunk one."""

    photograph: Photograph
    scale: tuple[float, float]
    start: tuple[float, float]
    at: tuple[int, int]
    size: tuple[int, int]


class Drawer:
    """Draws views from a library, each different."""

    def __init__(self, library: Library, settings: PictureSettings, rng: np.random.Generator) -> None:
        self._library, self._settings, self._rng = library, settings, rng
        self.hard: list[
            tuple[int, float, float, float]
        ] = []  # of empty scenes: number, x, y and factor of false alarms

    def draw(self) -> View:
        """One training picture with everything on it."""
        rng, mine = self._rng, self._settings
        if rng.random() < mine.without_faces and self._library.empty:
            view, pastes = self._empty(), rng.random() < 0.5
        else:
            view, pastes = self._peopled(), rng.random() < mine.paste_faces
        if pastes:
            self._paste_faces(view)
        if rng.random() < 0.5:
            _mirror(view)
        if rng.random() < mine.downscale:
            view.image = softened(view.image, min((box[3] - box[1] for box in view.boxes), default=32.0), rng)
        view.image = weathered(view.image, mine, rng)
        return view

    def _height(self) -> float:
        """A face height: densities fall as its power -small_bias, between the configured ends."""
        low, high, power = self._settings.from_px, self._settings.to_px, 1 - self._settings.small_bias
        if abs(power) < 1e-6:
            return float(np.exp(self._rng.uniform(np.log(low), np.log(high))))
        share = self._rng.random()
        return float((share * low**power + (1 - share) * high**power) ** (1 / power))

    def _empty(self) -> View:
        view, rng = View(self._ground()), self._rng
        if self.hard and rng.random() < 0.5:
            number, x, y, factor = self.hard[int(rng.integers(len(self.hard)))]
            photograph, factor = self._library.empty[number], factor * float(np.exp(rng.normal(0, 0.15)))
        else:
            photograph = self._library.empty[int(rng.integers(len(self._library.empty)))]
            factor, x, y = float(np.exp(rng.uniform(np.log(0.3), np.log(1.3)))), np.nan, np.nan
        self._lay(view, photograph, factor, (x, y), (0, 0))
        return view

    def _peopled(self) -> View:
        """Photographs in rows until the picture is full; a large one fills it alone."""
        view, rng, side = View(self._ground()), self._rng, self._settings.side
        height, gap = self._height(), int(rng.integers(0, 12))
        x = y = row = 0
        while y < side - 8:
            photograph = self._library.photograph(rng)
            box = photograph.boxes[int(rng.integers(len(photograph.boxes)))]
            factor = min(1.5, height * float(np.exp(rng.uniform(-0.3, 0.3))) / float(box[3] - box[1]))
            focus = (float(box[0] + box[2]) / 2, float(box[1] + box[3]) / 2)
            wide, high = self._lay(view, photograph, factor, focus, (x, y))
            x, row = x + wide + gap, max(row, high)
            if x > side - max(12, wide // 2):
                x, y, row = 0, y + max(row, 8) + gap, 0
        return view

    def _lay(
        self, view: View, photograph: Photograph, factor: float, focus: tuple[float, float], at: tuple[int, int]
    ) -> tuple[int, int]:
        """Lay a shrunk photograph, or what fits of it round `focus` (its own pixels; NaN: anywhere); its size."""
        rng, side, scene = self._rng, self._settings.side, photograph.scene
        fx, fy = factor * np.exp(rng.normal(0, 0.04, 2))
        whole = (max(4, round(scene.width * fx)), max(4, round(scene.height * fy)))
        size = (min(whole[0], side - at[0]), min(whole[1], side - at[1]))
        starts = [0.0, 0.0]
        for axis, scale in enumerate((fx, fy)):
            if whole[axis] > size[axis]:
                middle = focus[axis] * scale if np.isfinite(focus[axis]) else rng.uniform(0, whole[axis])
                wanted = middle - size[axis] * rng.uniform(0.1, 0.9)
                starts[axis] = float(np.clip(wanted, 0, whole[axis] - size[axis]))
        exact = (whole[0] / scene.width, whole[1] / scene.height)
        self._put(view, Cut(photograph, exact, (starts[0], starts[1]), at, size))
        return size

    def _put(self, view: View, cut: Cut) -> None:
        copy, kept = cut.photograph.at(min(cut.scale))
        sx, sy = cut.scale[0] / kept, cut.scale[1] * cut.photograph.scene.height / copy.shape[0]
        x1, y1 = round(cut.start[0] / sx), round(cut.start[1] / sy)
        x2, y2 = round((cut.start[0] + cut.size[0]) / sx), round((cut.start[1] + cut.size[1]) / sy)
        part = copy[y1 : max(y2, y1 + 1), x1 : max(x2, x1 + 1)]
        how = cv2.INTER_AREA if max(sx, sy) < 1 else cv2.INTER_LINEAR
        (x, y), (wide, high) = cut.at, cut.size
        view.image[y : y + high, x : x + wide] = cv2.resize(part, (wide, high), interpolation=how)
        scale = np.array([wide / part.shape[1], high / part.shape[0]], np.float32)
        shrunk = np.array([copy.shape[1] / cut.photograph.scene.width, copy.shape[0] / cut.photograph.scene.height])
        first = np.array([x, y], np.float32) - np.array([x1, y1], np.float32) * scale
        self._note(view, cut, (shrunk * scale).astype(np.float32), first)

    def _note(self, view: View, cut: Cut, scale: Float32, first: Float32) -> None:
        """Write down the faces of a cut, and swap some."""
        window = np.array([*cut.at, cut.at[0] + cut.size[0], cut.at[1] + cut.size[1]], np.float32)
        photograph = cut.photograph
        boxes = photograph.boxes * np.tile(scale, 2) + np.tile(first, 2)
        points = photograph.points * scale + first
        seen = _share_inside(boxes, window)
        heights = boxes[:, 3] - boxes[:, 1]
        good = (seen >= _SEEN[1]) & (heights >= SMALLEST) & (heights <= HIGHEST)
        for box, five in zip(boxes[good], points[good], strict=True):
            if np.isfinite(five).all() and self._rng.random() < self._settings.swap_faces:
                self._swap(view.image, box, five)
            view.boxes.append(box)
            view.points.append(five)
        view.ignore += list(boxes[~good & (seen > _SEEN[0])])
        others = photograph.ignore * np.tile(scale, 2) + np.tile(first, 2)
        view.ignore += list(others[_share_inside(others, window) > 0])

    def _swap(self, image: Image, box: Float32, five: Float32) -> None:
        """Another one's eyes, nose and mouth in the place of a face's own, in its colours."""
        chip = self._library.chip(self._rng)
        paste(image, chip, similarity(ARCFACE, five), INNER, likeness(image, box, chip))

    def _paste_faces(self, view: View) -> None:
        """Up to a handful of faces, where none is yet."""
        rng, side = self._rng, self._settings.side
        height = min(self._height(), 0.5 * side)
        for _ in range(int(rng.integers(1, 7))):
            tall = height * float(np.exp(rng.uniform(-0.3, 0.3)))
            x, y = rng.uniform(0.3 * tall, side - 0.3 * tall, 2)
            matrix = matrix_of(Pose(float(x), float(y), tall, float(rng.normal(0, 12)), float(rng.uniform(0.72, 1.0))))
            box, points = box_and_points(matrix)
            if _crowded(view, box, 0.35 * tall):
                continue
            if rng.random() < 0.7:
                draw_body(view.image, matrix, rng)
            gain = np.full(3, rng.uniform(0.5, 1.2)) * np.exp(rng.normal(0, 0.06, 3))
            paste(view.image, self._library.chip(rng), matrix, WHOLE, gain.astype(np.float32))
            seen = _share_inside(box[None], np.array([0, 0, side, side], np.float32))[0]
            if seen >= _SEEN[1] and SMALLEST <= box[3] - box[1] <= HIGHEST:
                view.boxes.append(box)
                view.points.append(points)
            else:
                view.ignore.append(box)

    def _ground(self) -> Image:
        """What shows between photographs: the grey of sheets, or any colour."""
        side, rng = self._settings.side, self._rng
        colour = np.full(3, GREY) if rng.random() < 0.5 else rng.integers(0, 256, 3)
        return np.full((side, side, 3), colour, np.uint8)


def _mirror(view: View) -> None:
    width = view.image.shape[1]
    view.image = np.ascontiguousarray(view.image[:, ::-1])
    view.boxes = [mirrored_box(box, width) for box in view.boxes]
    view.ignore = [mirrored_box(box, width) for box in view.ignore]
    view.points = [mirrored_points(five, width) for five in view.points]


def mirrored_box(box: Float32, width: int) -> Float32:
    """Boxes (…,4) in the mirrored picture."""
    return np.stack([width - box[..., 2], box[..., 1], width - box[..., 0], box[..., 3]], axis=-1)


def mirrored_points(points: Float32, width: int) -> Float32:
    """Landmarks (…,5,2) in the mirrored picture: left and right change places."""
    swapped = points[..., MIRRORED, :].copy()
    swapped[..., 0] = width - swapped[..., 0]
    return swapped


def _share_inside(boxes: Float32, window: Float32) -> Float32:
    """Share of each box (N,4) inside the window (4,)."""
    low, high = np.maximum(boxes[:, :2], window[:2]), np.minimum(boxes[:, 2:], window[2:])
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    return np.asarray(np.prod(np.clip(high - low, 0, None), axis=1) / np.maximum(area, 1e-6), np.float32)


def _crowded(view: View, box: Float32, room: float) -> bool:
    """Whether another face is nearer than `room` pixels."""
    others = np.array([*view.boxes, *view.ignore], np.float32).reshape(-1, 4)
    wide = box + np.array([-room, -room, room, room], np.float32)
    return bool(((others[:, :2] < wide[2:]) & (others[:, 2:] > wide[:2])).all(axis=1).any())
