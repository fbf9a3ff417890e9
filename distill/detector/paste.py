"""Puts an aligned face into a picture, where its landmarks and its box are then known exactly.

The surprising decision: a pasted face gets a head and shoulders, drawn as an ellipse and a trapezium of plain colour.
At 10 px they are half of what tells a face from a knot in wood, and a bare oval teaches a detector to find ovals.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from detectors.arrays import Float32, Float64, Image
from distill.detector.label import ARCFACE, DRAWN

SIDE = 112
_HAIR = np.array([[20, 25, 30], [40, 50, 70], [60, 90, 120], [110, 140, 170], [130, 130, 130]], np.float64)  # BGR
_SHOULDERS = np.array([[-40.0, 215], [-20, 160], [30, 135], [82, 135], [132, 160], [152, 215]])


def _oval(middle: tuple[float, float], radii: tuple[float, float], soft: float) -> Float32:
    """1 inside, 0 outside, falling over `soft` of the radius: (112,112,1)."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    away = np.hypot((x - middle[0]) / radii[0], (y - middle[1]) / radii[1])
    return np.asarray(np.clip((1 - away) / soft + 0.5, 0, 1)[..., None], np.float32)


WHOLE = _oval((56, 66), (44, 56), 0.15)  # brows to chin
INNER = _oval((56, 70), (34, 42), 0.4)  # eyes, nose and mouth


@dataclass(frozen=True)
class Pose:
    """Where a face goes: its middle and height in pixels, its turn in degrees, its width as a share of a frontal's."""

    x: float
    y: float
    height: float
    turn: float
    squeeze: float


def matrix_of(pose: Pose) -> Float64:
    """The affine map (2,3) from the template's 112 pixels to the picture."""
    scale = pose.height / (DRAWN[3] - DRAWN[1])
    angle = np.deg2rad(pose.turn)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = scale * turn @ np.diag([pose.squeeze, 1.0])
    middle = (DRAWN[:2] + DRAWN[2:]) / 2
    return np.concatenate([linear, (np.array([pose.x, pose.y]) - linear @ middle)[:, None]], axis=1)


def box_and_points(matrix: Float64) -> tuple[Float32, Float32]:
    """The box (4,) and the landmarks (5,2) of a face under this map; the box stays upright and keeps its area."""
    points = ARCFACE @ matrix[:, :2].T + matrix[:, 2]
    middle = matrix[:, :2] @ ((DRAWN[:2] + DRAWN[2:]) / 2) + matrix[:, 2]
    half = np.linalg.norm(matrix[:, :2], axis=0) * (DRAWN[2:] - DRAWN[:2]) / 2
    return np.concatenate([middle - half, middle + half]).astype(np.float32), points.astype(np.float32)


def paste(canvas: Image, chip: Image, matrix: Float64, mask: Float32, gain: Float32) -> None:
    """Blend a chip (112,112,3) into the canvas in place, under the map, by its mask (112,112,1), times `gain` (3,)."""
    corners = np.array([[0, 0], [SIDE, 0], [0, SIDE], [SIDE, SIDE]]) @ matrix[:, :2].T + matrix[:, 2]
    left, top = np.maximum(np.floor(corners.min(axis=0)).astype(int), 0)
    right, bottom = np.minimum(np.ceil(corners.max(axis=0)).astype(int), [canvas.shape[1], canvas.shape[0]])
    if right <= left or bottom <= top:
        return
    layers = np.concatenate([chip.astype(np.float32) * gain, mask * np.float32(255)], axis=2)
    side = int(np.clip(2 * np.hypot(matrix[0, 1], matrix[1, 1]) * SIDE, 8, SIDE))
    if side < SIDE:  # by area first: a warp alone would skip pixels
        layers = cv2.resize(layers, (side, side), interpolation=cv2.INTER_AREA)
    small = matrix.copy()
    small[:, :2] *= SIDE / side
    small[:, 2] += small[:, :2] @ [0.5, 0.5] - 0.5 - np.array([left, top])  # cv2 counts from pixel middles
    warped = cv2.warpAffine(layers, small, (int(right - left), int(bottom - top)), flags=cv2.INTER_LINEAR)
    share = warped[..., 3:] / np.float32(255)
    part = canvas[top:bottom, left:right]
    part[:] = np.clip(part * (1 - share) + warped[..., :3] * share, 0, 255).astype(np.uint8)


def draw_body(canvas: Image, matrix: Float64, rng: np.random.Generator) -> None:
    """Shoulders and hair behind a face to come, in place."""
    shoulders = _SHOULDERS * [1, 1] + [0, rng.uniform(-8, 10)]
    _fill(canvas, shoulders @ matrix[:, :2].T + matrix[:, 2], rng.uniform(10, 230, 3))
    angles = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    radii = np.array([rng.uniform(50, 60), rng.uniform(60, 74)])
    hair = np.stack([np.cos(angles), np.sin(angles)], axis=1) * radii + [56, rng.uniform(50, 62)]
    colour = _HAIR[rng.integers(len(_HAIR))] * rng.uniform(0.5, 1.3)
    _fill(canvas, hair @ matrix[:, :2].T + matrix[:, 2], np.clip(colour, 0, 255))


def _fill(canvas: Image, corners: Float64, colour: Float64) -> None:
    fixed = np.rint(corners * 16).astype(np.int32)
    cv2.fillConvexPoly(canvas, fixed, colour.tolist(), lineType=cv2.LINE_AA, shift=4)


def likeness(canvas: Image, box: Float32, chip: Image) -> Float32:
    """The gain (3,) that gives a chip the colour of what is in the box now, within a factor of two."""
    x1, y1, x2, y2 = np.rint(box).astype(int)
    there = canvas[max(y1, 0) : max(y2, 0), max(x1, 0) : max(x2, 0)]
    if not there.size:
        return np.ones(3, np.float32)
    wanted, given = there.reshape(-1, 3).mean(axis=0), chip[40:100, 25:87].reshape(-1, 3).mean(axis=0)
    return np.asarray(np.clip((wanted + 8) / (given + 8), 0.4, 2), np.float32)
