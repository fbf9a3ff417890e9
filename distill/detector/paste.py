"""Pastes aligned faces into pictures, where box and landmarks are then known exactly.

A pasted face gets hair and shoulders, drawn as an ellipse and a polygon of plain colour. At 10 px they are half of what
distinguishes a face from a knot in wood; with bare ovals the detector learns to find ovals.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from detectors.arrays import Float32, Float64, Image
from distill.detector.label import ARCFACE, DRAWN_BOX

SIDE = 112  # pixels of an aligned face
_HAIR_COLOURS = np.array([[20, 25, 30], [40, 50, 70], [60, 90, 120], [110, 140, 170], [130, 130, 130]], np.float64)
_SHOULDERS = np.array([[-40.0, 215], [-20, 160], [30, 135], [82, 135], [132, 160], [152, 215]])  # x y, template pixels


def _make_oval(centre: tuple[float, float], radii: tuple[float, float], softness: float) -> Float32:
    """1 inside, 0 outside, falling over this share of the radius: (112,112,1)."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    distance = np.hypot((x - centre[0]) / radii[0], (y - centre[1]) / radii[1])
    return np.asarray(np.clip((1 - distance) / softness + 0.5, 0, 1)[..., None], np.float32)


FACE_MASK = _make_oval((56, 66), (44, 56), 0.15)  # brows to chin
FEATURES_MASK = _make_oval((56, 70), (34, 42), 0.4)  # eyes, nose and mouth


@dataclass(frozen=True)
class Pose:
    """Where a face goes. x, y: centre of its box, pixels; width: share of a frontal face's."""

    x: float
    y: float
    height: float
    degrees: float
    width: float


def make_transform(pose: Pose) -> Float64:
    """The affine transform (2,3) from the template's 112 pixels to the picture, corner coordinates."""
    scale = pose.height / (DRAWN_BOX[3] - DRAWN_BOX[1])
    angle = np.deg2rad(pose.degrees)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = scale * rotation @ np.diag([pose.width, 1.0])
    centre = (DRAWN_BOX[:2] + DRAWN_BOX[2:]) / 2
    return np.concatenate([linear, (np.array([pose.x, pose.y]) - linear @ centre)[:, None]], axis=1)


def transform_labels(matrix: Float64) -> tuple[Float32, Float32]:
    """The box (4,) and the landmarks (5,2) of a face under a transform; the box stays upright and keeps its sides."""
    points = ARCFACE @ matrix[:, :2].T + matrix[:, 2]
    centre = matrix[:, :2] @ ((DRAWN_BOX[:2] + DRAWN_BOX[2:]) / 2) + matrix[:, 2]
    half = np.linalg.norm(matrix[:, :2], axis=0) * (DRAWN_BOX[2:] - DRAWN_BOX[:2]) / 2
    return np.concatenate([centre - half, centre + half]).astype(np.float32), points.astype(np.float32)


def paste(canvas: Image, face: Image, matrix: Float64, mask: Float32, gain: Float32) -> None:
    """Blend a face (112,112,3), times gain (3,), into the canvas in place. mask: (112,112,1), opacity."""
    corners = np.array([[0, 0], [SIDE, 0], [0, SIDE], [SIDE, SIDE]]) @ matrix[:, :2].T + matrix[:, 2]
    left, top = np.maximum(np.floor(corners.min(axis=0)).astype(int), 0)
    right, bottom = np.minimum(np.ceil(corners.max(axis=0)).astype(int), [canvas.shape[1], canvas.shape[0]])
    if right <= left or bottom <= top:
        return
    layers = np.concatenate([face.astype(np.float32) * gain, mask * np.float32(255)], axis=2)
    side = int(np.clip(2 * np.hypot(matrix[0, 1], matrix[1, 1]) * SIDE, 8, SIDE))
    if side < SIDE:  # shrink by area first: the warp alone would skip pixels
        layers = cv2.resize(layers, (side, side), interpolation=cv2.INTER_AREA)
    small = matrix.copy()
    small[:, :2] *= SIDE / side
    small[:, 2] += small[:, :2] @ [0.5, 0.5] - 0.5 - np.array([left, top])  # OpenCV's coordinates are pixel centres
    warped = cv2.warpAffine(layers, small, (int(right - left), int(bottom - top)), flags=cv2.INTER_LINEAR)
    opacity = warped[..., 3:] / np.float32(255)
    region = canvas[top:bottom, left:right]
    region[:] = np.clip(region * (1 - opacity) + warped[..., :3] * opacity, 0, 255).astype(np.uint8)


def draw_head_and_shoulders(canvas: Image, matrix: Float64, rng: np.random.Generator) -> None:
    """Draw shoulders and hair in place, before a face is pasted over them."""
    shoulders = _SHOULDERS * [1, 1] + [0, rng.uniform(-8, 10)]
    _fill_polygon(canvas, shoulders @ matrix[:, :2].T + matrix[:, 2], rng.uniform(10, 230, 3))
    angles = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    radii = np.array([rng.uniform(50, 60), rng.uniform(60, 74)])
    hair = np.stack([np.cos(angles), np.sin(angles)], axis=1) * radii + [56, rng.uniform(50, 62)]
    colour = _HAIR_COLOURS[rng.integers(len(_HAIR_COLOURS))] * rng.uniform(0.5, 1.3)
    _fill_polygon(canvas, hair @ matrix[:, :2].T + matrix[:, 2], np.clip(colour, 0, 255))


def _fill_polygon(canvas: Image, corners: Float64, colour: Float64) -> None:
    fixed_point = np.rint(corners * 16).astype(np.int32)
    cv2.fillConvexPoly(canvas, fixed_point, colour.tolist(), lineType=cv2.LINE_AA, shift=4)


def match_colour(canvas: Image, box: Float32, face: Image) -> Float32:
    """The gain (3,) that gives a face the mean colour of the canvas in the box, limited to 0.4 to 2."""
    x1, y1, x2, y2 = np.rint(box).astype(int)
    region = canvas[max(y1, 0) : max(y2, 0), max(x1, 0) : max(x2, 0)]
    if not region.size:
        return np.ones(3, np.float32)
    surroundings, skin = region.reshape(-1, 3).mean(axis=0), face[40:100, 25:87].reshape(-1, 3).mean(axis=0)
    return np.asarray(np.clip((surroundings + 8) / (skin + 8), 0.4, 2), np.float32)
