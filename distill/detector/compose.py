"""Composes training pictures: shrunk photographs side by side, photographs without faces, and faces pasted into both.

Face heights are drawn first and photographs are shrunk to match, as in the test. With heights as they come, half of all
faces would be larger than the detector is made for.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np

from detectors.arrays import Float32, Image
from distill.detector.config import PictureSettings
from distill.detector.degradation import degrade_picture, downscale
from distill.detector.label import ARCFACE
from distill.detector.mosaics import GREY
from distill.detector.paste import (
    FACE_MASK,
    FEATURES_MASK,
    Pose,
    draw_head_and_shoulders,
    make_transform,
    match_colour,
    paste,
    transform_labels,
)
from distill.detector.training_data import HardNegative, LabelledPhoto, TrainingData
from recognizer.chips import similarity

MIN_FACE_PX, MAX_FACE_PX = 6.0, 112.0  # heights of faces to learn; others are ignored
TOO_LARGE_PX = 150.0  # a face from here on is background: it is found in a smaller copy of the picture
LEAST_CLOSE_UP_PX, MOST_CLOSE_UP_PX = 90.0, 450.0  # face heights of pictures that show a part of a near person
HAIR, SHOULDERS, CHEST = 0.5, 1.0, 2.0  # face sizes above, beside and below the face that such a picture may show
MIN_VISIBLE, MIN_FACE_VISIBLE = 0.3, 0.75  # share inside the picture: below, background; above, a face; else ignored
FLIPPED_ORDER = [1, 0, 2, 4, 3]  # landmarks of a mirrored face


@dataclass
class TrainingPicture:
    """A picture, BGR uint8 (S,S,3), and lists of its labels in pixels: boxes (4,), points (5,2) or NaN, ignore (4,)."""

    image: Image
    boxes: list[Float32] = field(default_factory=list)
    points: list[Float32] = field(default_factory=list)
    ignore: list[Float32] = field(default_factory=list)


@dataclass(frozen=True)
class Crop:
    """Part of a shrunk photograph. start: its corner in the shrunk photograph; at: its corner in the picture."""

    photo: LabelledPhoto
    scale: tuple[float, float]
    start: tuple[float, float]
    at: tuple[int, int]
    size: tuple[int, int]


class Composer:
    """Composes training pictures, each different. hard_negatives: places to show more often."""

    def __init__(self, data: TrainingData, settings: PictureSettings, rng: np.random.Generator) -> None:
        self._data, self._settings, self._rng = data, settings, rng
        self.hard_negatives: list[HardNegative] = []

    def compose(self) -> TrainingPicture:
        """One training picture with its labels."""
        rng, settings = self._rng, self._settings
        if rng.random() < settings.without_faces and self._data.without_faces:
            picture, gets_faces = self._without_faces(), rng.random() < 0.5
        elif rng.random() < settings.too_large and self._data.portraits:
            picture, gets_faces = self._with_large_face(), rng.random() < settings.paste_faces
        else:
            picture, gets_faces = self._with_faces(), rng.random() < settings.paste_faces
        if gets_faces:
            self._paste_faces(picture)
        if rng.random() < 0.5:
            _flip(picture)
        if rng.random() < settings.downscale:
            smallest = min((box[3] - box[1] for box in picture.boxes), default=32.0)
            picture.image = downscale(picture.image, smallest, rng)
        picture.image = degrade_picture(picture.image, settings, rng)
        return picture

    def _random_height(self) -> float:
        """A face height in the configured range, with density height to the power -small_bias."""
        low, high, power = self._settings.from_px, self._settings.to_px, 1 - self._settings.small_bias
        if abs(power) < 1e-6:
            return float(np.exp(self._rng.uniform(np.log(low), np.log(high))))
        share = self._rng.random()
        return float((share * low**power + (1 - share) * high**power) ** (1 / power))

    def _without_faces(self) -> TrainingPicture:
        """A photograph without faces, at a random place or around a hard negative."""
        picture, rng, photos = TrainingPicture(self._background()), self._rng, self._data.without_faces
        if self.hard_negatives and rng.random() < 0.5:
            number, x, y, scale = self.hard_negatives[int(rng.integers(len(self.hard_negatives)))]
            photo, scale = photos[number], scale * float(np.exp(rng.normal(0, 0.15)))
        else:
            photo = photos[int(rng.integers(len(photos)))]
            scale, x, y = float(np.exp(rng.uniform(np.log(0.3), np.log(1.3)))), np.nan, np.nan
        self._place(picture, photo, scale, (x, y), (0, 0))
        return picture

    def _with_large_face(self) -> TrainingPicture:
        """A photograph enlarged to a near person; the picture shows a part of the face, the hair or the clothes."""
        picture, rng, photos = TrainingPicture(self._background()), self._rng, self._data.portraits
        photo = photos[int(rng.integers(len(photos)))]
        box = photo.boxes[int(np.argmax(photo.boxes[:, 3] - photo.boxes[:, 1]))]
        height = float(np.exp(rng.uniform(np.log(LEAST_CLOSE_UP_PX), np.log(MOST_CLOSE_UP_PX))))
        size, bounds = box[2:] - box[:2], np.array(photo.image.shape[1::-1])
        low = np.maximum(box[:2] - size * (SHOULDERS, HAIR), 0)
        x, y = rng.uniform(low, np.minimum(box[2:] + size * (SHOULDERS, CHEST), bounds))
        self._place(picture, photo, height / float(size[1]), (float(x), float(y)), (0, 0))
        return picture

    def _with_faces(self) -> TrainingPicture:
        """Photographs in rows until the picture is full; a large one fills it alone."""
        picture, rng, side = TrainingPicture(self._background()), self._rng, self._settings.side
        height, gap = self._random_height(), int(rng.integers(0, 12))
        x = y = row_height = 0
        while y < side - 8:
            photo = self._data.random_photo(rng)
            box = photo.boxes[int(rng.integers(len(photo.boxes)))]
            scale = min(1.5, height * float(np.exp(rng.uniform(-0.3, 0.3))) / float(box[3] - box[1]))
            focus = (float(box[0] + box[2]) / 2, float(box[1] + box[3]) / 2)
            wide, high = self._place(picture, photo, scale, focus, (x, y))
            x, row_height = x + wide + gap, max(row_height, high)
            if x > side - max(12, wide // 2):
                x, y, row_height = 0, y + max(row_height, 8) + gap, 0
        return picture

    def _place(
        self,
        picture: TrainingPicture,
        photo: LabelledPhoto,
        scale: float,
        focus: tuple[float, float],
        at: tuple[int, int],
    ) -> tuple[int, int]:
        """Place a shrunk photograph with its corner at `at`; returns the size that fits.

        focus: pixel of the photograph that must be visible; NaN: any.
        """
        rng, side = self._rng, self._settings.side
        width, height = photo.photo.width, photo.photo.height
        scale_x, scale_y = scale * np.exp(rng.normal(0, 0.04, 2))
        whole = (max(4, round(width * scale_x)), max(4, round(height * scale_y)))
        size = (min(whole[0], side - at[0]), min(whole[1], side - at[1]))
        start = [0.0, 0.0]
        for axis, factor in enumerate((scale_x, scale_y)):
            if whole[axis] > size[axis]:
                middle = focus[axis] * factor if np.isfinite(focus[axis]) else rng.uniform(0, whole[axis])
                wanted = middle - size[axis] * rng.uniform(0.1, 0.9)
                start[axis] = float(np.clip(wanted, 0, whole[axis] - size[axis]))
        exact = (whole[0] / width, whole[1] / height)
        self._draw(picture, Crop(photo, exact, (start[0], start[1]), at, size))
        return size

    def _draw(self, picture: TrainingPicture, crop: Crop) -> None:
        """Draw the pixels of a crop, and add its labels."""
        copy, copy_scale = crop.photo.at_scale(min(crop.scale))
        width, height = crop.photo.photo.width, crop.photo.photo.height
        sx, sy = crop.scale[0] / copy_scale, crop.scale[1] * height / copy.shape[0]
        x1, y1 = round(crop.start[0] / sx), round(crop.start[1] / sy)
        x2, y2 = round((crop.start[0] + crop.size[0]) / sx), round((crop.start[1] + crop.size[1]) / sy)
        part = copy[y1 : max(y2, y1 + 1), x1 : max(x2, x1 + 1)]
        interpolation = cv2.INTER_AREA if max(sx, sy) < 1 else cv2.INTER_LINEAR
        (x, y), (wide, high) = crop.at, crop.size
        picture.image[y : y + high, x : x + wide] = cv2.resize(part, (wide, high), interpolation=interpolation)
        scale = np.array([wide / part.shape[1], high / part.shape[0]], np.float32)
        shrunk = np.array([copy.shape[1] / width, copy.shape[0] / height])
        origin = np.array([x, y], np.float32) - np.array([x1, y1], np.float32) * scale
        self._add_labels(picture, crop, (shrunk * scale).astype(np.float32), origin)

    def _add_labels(self, picture: TrainingPicture, crop: Crop, scale: Float32, origin: Float32) -> None:
        """Add the labels of a crop, and swap the features of some faces. scale, origin: photograph to picture."""
        window = np.array([*crop.at, crop.at[0] + crop.size[0], crop.at[1] + crop.size[1]], np.float32)
        boxes = crop.photo.boxes * np.tile(scale, 2) + np.tile(origin, 2)
        points = crop.photo.points * scale + origin
        visible = _visible_share(boxes, window)
        heights = boxes[:, 3] - boxes[:, 1]
        is_face = (visible >= MIN_FACE_VISIBLE) & (heights >= MIN_FACE_PX) & (heights <= MAX_FACE_PX)
        for box, landmarks in zip(boxes[is_face], points[is_face], strict=True):
            if np.isfinite(landmarks).all() and self._rng.random() < self._settings.swap_faces:
                self._swap_features(picture.image, box, landmarks)
            picture.boxes.append(box)
            picture.points.append(landmarks)
        picture.ignore += list(boxes[~is_face & (visible > MIN_VISIBLE) & (heights < TOO_LARGE_PX)])
        ignore = crop.photo.ignore * np.tile(scale, 2) + np.tile(origin, 2)
        picture.ignore += list(ignore[_visible_share(ignore, window) > 0])

    def _swap_features(self, image: Image, box: Float32, points: Float32) -> None:
        """Replace the eyes, nose and mouth of a face by another person's, in the colours of the face."""
        face = self._data.random_face(self._rng)
        paste(image, face, similarity(ARCFACE, points), FEATURES_MASK, match_colour(image, box, face))

    def _paste_faces(self, picture: TrainingPicture) -> None:
        """Paste one to six faces where there are none."""
        side = self._settings.side
        height = min(self._random_height(), 0.5 * side)
        for _ in range(int(self._rng.integers(1, 7))):
            self._paste_face(picture, height * float(np.exp(self._rng.uniform(-0.3, 0.3))))

    def _paste_face(self, picture: TrainingPicture, height: float) -> None:
        """Paste a face of this height at a random place, unless another face is near."""
        rng, side = self._rng, self._settings.side
        x, y = rng.uniform(0.3 * height, side - 0.3 * height, 2)
        matrix = make_transform(Pose(float(x), float(y), height, float(rng.normal(0, 12)), float(rng.uniform(0.72, 1))))
        box, points = transform_labels(matrix)
        if _is_near_a_face(picture, box, 0.35 * height):
            return
        if rng.random() < 0.7:
            draw_head_and_shoulders(picture.image, matrix, rng)
        gain = np.full(3, rng.uniform(0.5, 1.2)) * np.exp(rng.normal(0, 0.06, 3))
        paste(picture.image, self._data.random_face(rng), matrix, FACE_MASK, gain.astype(np.float32))
        visible = _visible_share(box[None], np.array([0, 0, side, side], np.float32))[0]
        if visible >= MIN_FACE_VISIBLE and MIN_FACE_PX <= box[3] - box[1] <= MAX_FACE_PX:
            picture.boxes.append(box)
            picture.points.append(points)
        else:
            picture.ignore.append(box)

    def _background(self) -> Image:
        """What shows between photographs: the grey of the test's mosaics, or any colour."""
        side, rng = self._settings.side, self._rng
        colour = np.full(3, GREY) if rng.random() < 0.5 else rng.integers(0, 256, 3)
        return np.full((side, side, 3), colour, np.uint8)


def _flip(picture: TrainingPicture) -> None:
    """Mirror a picture and its labels in place."""
    width = picture.image.shape[1]
    picture.image = np.ascontiguousarray(picture.image[:, ::-1])
    picture.boxes = [flip_boxes(box, width) for box in picture.boxes]
    picture.ignore = [flip_boxes(box, width) for box in picture.ignore]
    picture.points = [flip_points(points, width) for points in picture.points]


def flip_boxes(boxes: Float32, width: int) -> Float32:
    """Boxes (…,4) in the mirrored picture."""
    return np.stack([width - boxes[..., 2], boxes[..., 1], width - boxes[..., 0], boxes[..., 3]], axis=-1)


def flip_points(points: Float32, width: int) -> Float32:
    """Landmarks (…,5,2) in the mirrored picture, where left and right are exchanged."""
    flipped = points[..., FLIPPED_ORDER, :].copy()
    flipped[..., 0] = width - flipped[..., 0]
    return flipped


def _visible_share(boxes: Float32, window: Float32) -> Float32:
    """Share of each box (N,4) inside the window (4,): (N,)."""
    low, high = np.maximum(boxes[:, :2], window[:2]), np.minimum(boxes[:, 2:], window[2:])
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    return np.asarray(np.prod(np.clip(high - low, 0, None), axis=1) / np.maximum(area, 1e-6), np.float32)


def _is_near_a_face(picture: TrainingPicture, box: Float32, distance: float) -> bool:
    """Whether a face or an ignored box lies within `distance` pixels of a box."""
    others = np.array([*picture.boxes, *picture.ignore], np.float32).reshape(-1, 4)
    wide = box + np.array([-distance, -distance, distance, distance], np.float32)
    return bool(((others[:, :2] < wide[2:]) & (others[:, 2:] > wide[:2])).all(axis=1).any())
