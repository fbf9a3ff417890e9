"""Films faces that move before a made camera: photographs of them on paper or a telephone, and heads of them in depth.

A photograph is a picture on a plane, seen by a pinhole camera in perspective. A head is the aligned face on the head of
`benchmarks.turned_faces`, on a painted body. Both follow the same smooth ways and turn by the same angles.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch

from benchmarks.turned_faces import turn
from benchmarks.walks.people import cut_head
from detectors.arrays import Float32, Float64, Image
from detectors.base import FaceDetector
from recognizer.chips import cut_chip
from recognizer.spec import ChipSpec
from tests.synthetic.walk import Camera, degrade, standing

CAMERA = Camera(width=480, height=360, view=32.0, fps=10.0, noise=3.0, blur=0.55)
SECONDS = 4.0
CHIP_PX = 112


@dataclass(frozen=True)
class Portrait:
    """photo: BGR uint8 (H,W,3).  box: the face in it, x1 y1 x2 y2.  chip: the aligned face, BGR uint8 (112,112,3)."""

    name: str
    photo: Image
    box: Float32
    chip: Image


@dataclass(frozen=True)
class Carrier:
    """What a photograph is on. face: height of the face in metres.  tall: of the card, face heights.  aspect: its width
    by its height.  rim: share of the width around the picture.  colour: of the rim, BGR."""

    name: str
    face: float
    tall: float
    aspect: float
    rim: float
    colour: tuple[int, int, int]


PAPER = Carrier("paper", 0.14, 2.1, 0.74, 0.04, (232, 234, 236))
PHONE = Carrier("telephone", 0.07, 2.2, 0.5, 0.04, (24, 22, 22))
BARE = Carrier("print without a rim", 0.14, 1.7, 0.8, 0.0, (0, 0, 0))
CARRIERS = (PAPER, PHONE, BARE)


@dataclass(frozen=True)
class Motion:
    """How a face moves. yaw, pitch, roll: greatest angle, degrees.  sway: greatest way to each side, face heights."""

    name: str
    yaw: float
    pitch: float
    roll: float
    sway: float


STILL = Motion("held still", 3.0, 2.0, 1.5, 0.06)
MOTIONS = (
    STILL,
    Motion("moved", 8.0, 5.0, 4.0, 1.2),
    Motion("moved and tilted", 20.0, 10.0, 6.0, 1.2),
    Motion("moved and turned", 38.0, 15.0, 8.0, 1.2),
)


@dataclass(frozen=True)
class Poses:
    """One pose a frame, (N,). x, y: face heights from the middle.  size: factor.  yaw, pitch, roll: radians."""

    x: Float64
    y: Float64
    size: Float64
    yaw: Float64
    pitch: Float64
    roll: Float64


def draw_poses(motion: Motion, random: np.random.Generator, camera: Camera = CAMERA) -> Poses:
    """Smooth ways: two waves for each freedom, of 0.15 to 0.6 turns a second."""
    time = np.arange(round(SECONDS * camera.fps)) / camera.fps

    def wave(most: float) -> Float64:
        speeds, phases = random.uniform(0.15, 0.6, 2), random.uniform(0, 2 * np.pi, 2)
        waves = np.sin(2 * np.pi * np.outer(time, speeds) + phases) @ np.array([0.8, 0.2])
        return np.asarray(most * waves, np.float64)

    angles = [np.radians(wave(most)) for most in (motion.yaw, motion.pitch, motion.roll)]
    size = 1 + wave(min(0.15, motion.sway / 6))
    return Poses(wave(motion.sway), wave(motion.sway / 4), size, *angles)


def film_photograph(
    portrait: Portrait, carrier: Carrier, poses: Poses, room: Float32, face_px: float, random: np.random.Generator
) -> Iterator[Image]:
    """Frames, BGR uint8, of a photograph that somebody holds up. face_px: height of its face."""
    card, box = make_card(portrait, carrier)
    holder = _holder(random)
    for k in range(len(poses.x)):
        canvas = room.copy()
        corners = project(card, box, carrier, poses, k, face_px)
        _draw_card(canvas, card, corners)
        _draw_hand(canvas, corners, holder)
        yield degrade(canvas, CAMERA, random)


def film_head(
    portrait: Portrait, poses: Poses, room: Float32, face_px: float, random: np.random.Generator
) -> Iterator[Image]:
    """Frames, BGR uint8, of somebody who moves and turns the head. face_px: height of the face."""
    chips = torch.from_numpy(portrait.chip.transpose(2, 0, 1).copy())[None].expand(len(poses.x), -1, -1, -1)
    yaw, pitch = (torch.from_numpy(angles.astype(np.float32)) for angles in (poses.yaw, poses.pitch))
    turned = turn(chips, yaw, pitch).numpy().transpose(0, 2, 3, 1)
    number = int(random.integers(1000))
    for k, chip in enumerate(turned):
        canvas = room.copy()
        figure, box = standing(cut_head(np.ascontiguousarray(chip)), 1.0, number)
        _draw_figure(canvas, figure, box, poses, k, face_px)
        yield degrade(canvas, CAMERA, random)


def read_portrait(name: str, photo: Image, detector: FaceDetector) -> Portrait | None:
    """A portrait with its largest face; None where there is none, or hardly room around it."""
    found = detector.detect(photo)
    if not len(found) or found.landmarks is None:
        return None
    largest = int(np.argmax(found.boxes[:, 3] - found.boxes[:, 1]))
    chip = cut_chip(photo, found.landmarks[largest], ChipSpec(size=CHIP_PX))
    return Portrait(name, photo, found.boxes[largest], chip)


def pick_room(scenes: Sequence[Image], random: np.random.Generator) -> Float32:
    """One of the pictures, cut to the camera's frame: float32 (H,W,3)."""
    scene = scenes[int(random.integers(len(scenes)))]
    scale = max(CAMERA.width / scene.shape[1], CAMERA.height / scene.shape[0])
    size = (int(np.ceil(scene.shape[1] * scale)), int(np.ceil(scene.shape[0] * scale)))
    wide = cv2.resize(scene, size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(wide[: CAMERA.height, : CAMERA.width], np.float32)


def make_card(portrait: Portrait, carrier: Carrier) -> tuple[Image, Float64]:
    """The picture with its rim, and the face's box in it."""
    x1, y1, x2, y2 = (float(value) for value in portrait.box)
    face = y2 - y1
    height, width = carrier.tall * face, carrier.tall * face * carrier.aspect
    left, top = (x1 + x2) / 2 - width / 2, y1 + 0.45 * face - 0.45 * height
    shift = np.array([[1, 0, -left], [0, 1, -top]])
    size = (max(2, round(width)), max(2, round(height)))
    inner = cv2.warpAffine(portrait.photo, shift, size, borderMode=cv2.BORDER_REPLICATE)
    rim = round(carrier.rim * width)
    ends = 3 * rim if carrier is PHONE else rim
    card = cv2.copyMakeBorder(inner, ends, ends, rim, rim, cv2.BORDER_CONSTANT, value=carrier.colour)
    return np.asarray(card, np.uint8), np.array([x1 - left + rim, y1 - top + ends, x2 - left + rim, y2 - top + ends])


def project(card: Image, box: Float64, carrier: Carrier, poses: Poses, k: int, face_px: float) -> Float64:
    """Where the card's corners are seen, (4,2) pixels, clockwise from the upper left."""
    metres = carrier.face / (box[3] - box[1])
    middle = np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])
    height, width = card.shape[:2]
    flat = (np.array([[0, 0], [width, 0], [width, height], [0, height]]) - middle) * metres
    away = CAMERA.focal * carrier.face / face_px / poses.size[k]
    points = np.column_stack([flat, np.zeros(4)]) @ _rotation(poses, k).T
    points += [poses.x[k] * carrier.face, poses.y[k] * carrier.face, away]
    return np.asarray(points[:, :2] / points[:, 2:] * CAMERA.focal + [CAMERA.width / 2, CAMERA.height / 2])


def _rotation(poses: Poses, k: int) -> Float64:
    (cy, sy), (cp, sp), (cr, sr) = ((np.cos(a), np.sin(a)) for a in (poses.yaw[k], poses.pitch[k], poses.roll[k]))
    yaw = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    pitch = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    roll = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return np.asarray(roll @ yaw @ pitch)


def _draw_card(canvas: Float32, card: Image, corners: Float64) -> None:
    """Paint a card over the canvas; it is shrunk by areas first, so that it does not alias."""
    sides = np.linalg.norm(corners - np.roll(corners, 1, 0), axis=1)
    factor = min(1.0, 1.5 * float(sides.max()) / max(card.shape[:2]))
    size = (max(2, round(card.shape[1] * factor)), max(2, round(card.shape[0] * factor)))
    small = cv2.resize(card, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    layers = cv2.copyMakeBorder(np.dstack([small, np.full(small.shape[:2], 255, np.float32)]), 1, 1, 1, 1, 0)
    own = np.array([[1, 1], [size[0] + 1, 1], [size[0] + 1, size[1] + 1], [1, size[1] + 1]], np.float32) - 0.5
    plane = cv2.getPerspectiveTransform(own, corners.astype(np.float32))
    drawn = cv2.warpPerspective(layers * np.array([1, 1, 1, 1 / 255], np.float32), plane, canvas.shape[1::-1])
    canvas[...] = canvas * (1 - drawn[..., 3:]) + drawn[..., :3]


def _holder(random: np.random.Generator) -> tuple[float, tuple[float, float, float]]:
    """Where along the lower edge the hand is, 0..1, and its colour."""
    tone = random.uniform(0.5, 1.0)
    return float(random.uniform(0.25, 0.75)), (130 * tone, 160 * tone, 205 * tone)


def _draw_hand(canvas: Float32, corners: Float64, holder: tuple[float, tuple[float, float, float]]) -> None:
    """A hand on the lower edge, and the arm below it."""
    share, skin = holder
    place = corners[3] * (1 - share) + corners[2] * share
    reach = float(np.linalg.norm(corners[2] - corners[3])) * 0.16
    end = (round(place[0]), round(place[1] + 12 * reach))
    cv2.line(
        canvas, (round(place[0]), round(place[1] + reach)), end, (70, 60, 60), max(1, round(1.6 * reach)), cv2.LINE_AA
    )
    cv2.ellipse(canvas, (round(place[0]), round(place[1])), (round(reach), round(1.2 * reach)), 0, 0, 360, skin, -1)


def _draw_figure(canvas: Float32, figure: Float32, box: Float32, poses: Poses, k: int, face_px: float) -> None:
    """Paint a standing person over the canvas, the face at its pose's place and size."""
    own = face_px * poses.size[k]
    scale = own / float(box[3] - box[1])
    middle = (float(box[0] + box[2]) / 2, float(box[1] + box[3]) / 2)
    place = np.array([CAMERA.width / 2 + poses.x[k] * own, CAMERA.height / 2 + poses.y[k] * own])
    shrink = min(1.0, 2 * scale)
    small = cv2.resize(figure, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA) if shrink < 1 else figure
    turn_by = cv2.getRotationMatrix2D(
        (middle[0] * shrink, middle[1] * shrink), -np.degrees(poses.roll[k]), scale / shrink
    )
    turn_by[:, 2] += place - np.array(middle) * shrink
    drawn = cv2.warpAffine(small, turn_by, canvas.shape[1::-1])
    canvas[...] = canvas * (1 - drawn[..., 3:]) + drawn[..., :3]
