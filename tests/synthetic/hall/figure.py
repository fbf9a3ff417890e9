"""A person who stands or walks: the portrait down to the hips, and trousers below it."""

import cv2
import numpy as np
import numpy.typing as npt

from detectors.arrays import Float32, Float64
from tests.synthetic.blend import blend
from tests.synthetic.hall.people import Person
from tests.synthetic.video import Box

FACE_PX = 72.0  # face height at which figures are kept; the clip shows smaller ones
_SOLE = 7.75  # face heights from the middle of the face to the floor
_HIPS = 3.3  # face heights from the middle of the face to where a portrait must reach before trousers begin
_LOWEST = 3.9  # the same, at which a portrait is cut: legs below would stand still
_FADE = 18  # rows over which a portrait ends
_SLOPE = 0.45  # rows by which it ends earlier for each column beside the hips
_LEVELS = 4
_STEP = 0.5  # face heights by which a foot is lifted

Colour = tuple[float, float, float]
Flags = npt.NDArray[np.bool_]


class Figure:
    """One person at several sizes; `draw` takes the smallest that is large enough."""

    def __init__(self, person: Person, trousers: Colour, light: Colour) -> None:
        """trousers: their colour, BGR 0..255.  light: what the hall's light makes of a portrait's BGR, as factors."""
        self._top, self._middle = _upper_body(person, light)
        self._hips = self._find_hips()
        _round_off(self._top, self._hips)
        self._trousers = trousers
        self._box = person.box * np.float32(FACE_PX / person.face)
        self._poses = [_pyramid(self._stand(lift)) for lift in (-1.0, -0.5, 0.0, 0.5, 1.0)]

    def _stand(self, lift: float) -> Float32:
        """The whole figure, premultiplied colour and opacity, with one foot lifted (-1 left … 1 right)."""
        height, width = round(float(self._middle[1]) + (_SOLE + 0.3) * FACE_PX), self._top.shape[1]
        figure = np.zeros((height, width, 4), np.float32)
        _draw_legs(figure, self._hips, self._trousers, float(self._middle[1]) + _SOLE * FACE_PX, lift)
        part = figure[: self._top.shape[0]]
        part[...] = part * (1 - self._top[..., 3:]) + self._top
        return figure

    def _find_hips(self) -> tuple[float, float, float]:
        """Middle and half width of the hips, and the row at which trousers begin, in pixels."""
        row = self._top.shape[0] - _FADE - 2
        solid = np.flatnonzero(_run_around(self._top[row, :, 3] > 0.5, round(float(self._middle[0]))))
        half = float(np.clip((solid[-1] - solid[0]) / 2, 0.7 * FACE_PX, 0.95 * FACE_PX))
        return float(solid[0] + solid[-1]) / 2, half, float(row) - 0.1 * FACE_PX

    def draw(self, canvas: Float32, x: float, y: float, face_px: float, roll: float, stride: float) -> Box:
        """Paint with the face centred at (x, y), turned by `roll` degrees; stride: -1 … 1, which foot is lifted.

        Returns the box of the face, in pixels.
        """
        factor = face_px / FACE_PX
        level = min(_LEVELS - 1, max(0, int(np.floor(np.log2(1 / factor)))))
        picture = self._poses[round((stride + 1) * 2)][level]
        matrix = _placement((float(self._middle[0]), float(self._middle[1])), (x, y), roll, factor, level)
        blend(canvas, picture, matrix)
        half = factor * (self._box[2:] - self._box[:2]) / 2
        return float(x - half[0]), float(y - half[1]), float(x + half[0]), float(y + half[1])


def _upper_body(person: Person, light: Colour) -> tuple[Float32, Float32]:
    """Premultiplied colour and opacity (H,W,4) of the portrait at FACE_PX, and the middle of the face in it (x, y)."""
    scale = FACE_PX / person.face
    colour = person.without_background() * np.array(light, np.float32)
    layers = np.dstack([colour * person.matte[..., None], person.matte])
    layers = np.asarray(cv2.resize(layers, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.float32)
    margin = round(0.3 * FACE_PX)
    layers = np.asarray(np.pad(layers, ((0, 0), (margin, margin), (0, 0))), np.float32)
    middle = (person.box[:2] + person.box[2:]) / 2 * np.float32(scale) + np.array([margin, 0], np.float32)
    layers = layers[: round(float(middle[1]) + _LOWEST * FACE_PX)].copy()
    layers = _lengthen(layers, round(float(middle[1]) + _HIPS * FACE_PX), round(float(middle[0])))
    return layers, np.asarray(middle, np.float32)


def _lengthen(layers: Float32, rows: int, middle: int) -> Float32:
    """Mirror the lowest part of a shirt downwards where the portrait ends above the hips; arms fade out there."""
    missing = rows - layers.shape[0]
    if missing <= 0:
        return layers
    lowest = layers[-missing - 1 : -1][::-1].copy()
    body = _run_around(layers[-2, :, 3] > 0.5, middle)
    soft = cv2.GaussianBlur(body.astype(np.float32)[None], (0, 0), 1.5)
    arms = (1 - soft) * np.linspace(1, 0, missing, dtype=np.float32)[:, None] ** 2
    return np.asarray(np.vstack([layers, lowest * (soft + arms)[..., None]]), np.float32)


def _round_off(layers: Float32, hips: tuple[float, float, float]) -> None:
    """Let the portrait end softly, and the earlier the farther beside the hips."""
    rows, columns = np.mgrid[0 : layers.shape[0], 0 : layers.shape[1]].astype(np.float32)
    beside = np.maximum(np.abs(columns - hips[0]) - hips[1], 0)
    layers *= np.clip((layers.shape[0] - rows - _SLOPE * beside) / _FADE, 0, 1)[..., None]


def _run_around(solid: Flags, middle: int) -> Flags:
    """The run of true values around the middle; where the middle is none, the longest run."""
    count, labels = cv2.connectedComponents(solid.astype(np.uint8)[None], connectivity=4)
    sizes = [int((labels == number).sum()) for number in range(count)]
    chosen = labels[0, middle] or 1 + int(np.argmax(sizes[1:]))
    return np.asarray(labels[0] == chosen)


def _draw_legs(figure: Float32, hips: tuple[float, float, float], colour: Colour, sole: float, lift: float) -> None:
    """Paint trousers and shoes, shaded as round things are."""
    middle, half, top = hips
    shape, shoes = np.zeros(figure.shape[:2], np.float32), np.zeros(figure.shape[:2], np.float32)
    for side in (-1, 1):
        foot = sole - _STEP * FACE_PX * max(0.0, side * lift)
        _draw_leg(shape, shoes, (middle, side * half, top), foot)
    soft = cv2.GaussianBlur(shape, (0, 0), 0.16 * FACE_PX)
    shading = np.clip((soft - 0.3) / 0.7, 0, 1)[..., None] * 0.45 + 0.55
    _over(figure, np.full((*shape.shape, 3), 36, np.float32), shoes)
    edge = np.asarray(cv2.GaussianBlur(shape, (0, 0), 1.0), np.float32)
    _over(figure, np.asarray(np.array(colour, np.float32) * shading, np.float32), edge)


def _draw_leg(shape: Float32, shoes: Float32, hip: tuple[float, float, float], foot: float) -> None:
    """One leg. hip: middle of both, signed half width to this side, and the upper end."""
    middle, half, top = hip
    ankle, fork = middle + 0.5 * half, top + 0.22 * (foot - top)
    points = [(middle, top), (middle + half, top), (middle + 0.92 * half, (top + foot) / 2)]
    points += [(ankle + 0.33 * half, foot), (ankle - 0.33 * half, foot)]
    points += [(middle + 0.12 * half, (top + foot) / 2), (middle, fork)]
    cv2.fillPoly(shape, [np.array(points).round().astype(np.int32)], 1.0, cv2.LINE_AA)
    size = (round(0.36 * abs(half)), round(0.2 * FACE_PX))
    cv2.ellipse(shoes, (round(ankle), round(foot)), size, 0, 0, 360, 1.0, -1, cv2.LINE_AA)


def _over(figure: Float32, colour: Float32, opacity: Float32) -> None:
    figure *= 1 - opacity[..., None]
    figure += np.dstack([colour * opacity[..., None], opacity])


def _pyramid(picture: Float32) -> list[Float32]:
    levels = [picture]
    while len(levels) < _LEVELS:
        levels.append(np.asarray(cv2.pyrDown(levels[-1]), np.float32))
    return levels


def _placement(middle: tuple[float, float], at: tuple[float, float], roll: float, factor: float, level: int) -> Float64:
    """The matrix that puts `middle` of the full-size picture at `at`, for its copy reduced `level` times by half."""
    matrix = np.asarray(cv2.getRotationMatrix2D(middle, roll, factor), np.float64)
    matrix[:, 2] += np.array(at) - middle
    matrix[:, 2] += matrix[:, :2] @ np.full(2, (2**level - 1) / 2)  # keep the centres of pixels in place
    matrix[:, :2] *= 2**level
    return matrix
