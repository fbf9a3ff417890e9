"""Paints an empty station hall as a level camera sees it: stone floor, wooden walls, light strips, daylight at the end.

Each pixel's ray is followed to the first plane it meets. The stone reflects what lies above it.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from detectors.arrays import AnyFloat, Float32
from tests.synthetic.walk import Camera

FACE_UP = 1.55  # metres from the floor to the middle of a face
HALF_WIDTH, HEIGHT, LENGTH = 4.6, 3.6, 34.0  # metres; the lens hangs in the middle
_FINER = 2  # rays a pixel in each direction, so that far edges are smooth
_STRIPS = (-2.1, 0.0, 2.1)  # light strips in the ceiling, metres from the middle
_SHINE = 0.2  # share of light that the floor reflects when looked at steeply

# BGR, 0..255
_WOOD, _PLASTER, _STONE, _CEILING = ((86, 124, 164), (204, 212, 218), (158, 164, 170), (206, 208, 210))
_DAY_TOP, _DAY_LOW, _FRAME, _GLASS = ((246, 240, 232), (196, 210, 204), (74, 72, 70), (96, 88, 80))


@dataclass(frozen=True)
class _Rays:
    """Points that rays met. x, y, away: metres to the right of, below and in front of the lens, float32 (N,)."""

    x: Float32
    y: Float32
    away: Float32


def paint_room(camera: Camera) -> Float32:
    """The empty hall: BGR float32 (H,W,3), 0..255."""
    across, down = _directions(camera)
    floor = np.float32(camera.above + FACE_UP)
    picture = _above_floor(across, down, np.zeros_like(down), floor)
    meets, low = _meets_floor(across, down, floor)
    shape = (camera.height * _FINER, camera.width * _FINER, 3)
    mirrored = np.zeros_like(picture)
    mirrored[low] = _above_floor(across[low], -down[low], meets.away, np.float32(0))
    soft = cv2.GaussianBlur(mirrored.reshape(shape), (0, 0), 1.2 * _FINER, sigmaY=3.5 * _FINER).reshape(-1, 3)
    picture[low] = _floor(meets, down[low], np.asarray(soft[low], np.float32))
    size = (camera.width, camera.height)
    return np.asarray(cv2.resize(picture.reshape(shape), size, interpolation=cv2.INTER_AREA), np.float32)


def _directions(camera: Camera) -> tuple[Float32, Float32]:
    """Steps to the right and down for each metre ahead, of every ray, row by row."""
    rows, columns = np.mgrid[0 : camera.height * _FINER, 0 : camera.width * _FINER].astype(np.float32)
    across = ((columns + 0.5) / _FINER - camera.width / 2) / camera.focal
    down = ((rows + 0.5) / _FINER - camera.height * camera.horizon) / camera.focal
    return np.asarray(across.ravel(), np.float32), np.asarray(down.ravel(), np.float32)


def _meets_floor(across: Float32, down: Float32, floor: np.float32) -> tuple[_Rays, npt.NDArray[np.bool_]]:
    """Where rays meet the floor, and which rays do so before a wall."""
    away = np.asarray(floor / np.maximum(down, 1e-6), np.float32)
    low = (down > 1e-6) & (away < LENGTH) & (np.abs(across) * away < HALF_WIDTH)
    x = np.asarray(across[low] * away[low], np.float32)
    return _Rays(x, np.full(len(x), floor, np.float32), away[low]), low


def _floor(met: _Rays, down: Float32, mirrored: Float32) -> Float32:
    """Slabs with joints, and on them, weaker, the mirrored hall."""
    slab = 1.2
    tone = _speckle(np.floor(met.x / slab), np.floor(met.away / slab)) * 9 - 4.5
    grain = _speckle(np.floor(met.x * 40), np.floor(met.away * 14)) * 5 - 2.5
    joint = np.maximum(_lines(met.x, slab, 0.012), _lines(met.away, slab, 0.03))
    light = 0.72 + 0.28 * np.exp(-((np.abs(met.x) % 2.1 - 1.05) ** 2)) - 0.35 * _near(HALF_WIDTH - np.abs(met.x), 0.5)
    stone = (np.array(_STONE, np.float32) + (tone + grain)[:, None]) * (light * (1 - 0.28 * joint))[:, None]
    shine = (_SHINE + 0.5 * (1 - np.minimum(1, down / 0.16)) ** 3)[:, None].astype(np.float32)
    return np.asarray(stone * (1 - shine) + mirrored * shine, np.float32)


def _above_floor(across: Float32, down: Float32, start: Float32, lens_up: np.float32) -> Float32:
    """What rays see of walls, ceiling and the glass at the end.

    start: metres in front of the lens where each ray begins.  lens_up: metres above the floor where it begins.
    """
    sideways = np.maximum(np.abs(across), 1e-6)
    wall = HALF_WIDTH / sideways
    rising = np.maximum(-down, 1e-6)
    ceiling = np.where(down < -1e-6, (HEIGHT - lens_up) / rising, np.inf) + start
    away = np.minimum(np.minimum(wall, ceiling), LENGTH).astype(np.float32)
    up = np.asarray(lens_up - down * (away - start), np.float32)
    met = _Rays(np.asarray(across * away, np.float32), up, away)
    seen = np.where((ceiling <= away)[:, None], _ceiling(met), np.where((wall <= away)[:, None], _wall(met), _end(met)))
    return np.asarray(seen, np.float32)


def _ceiling(met: _Rays) -> Float32:
    joint = np.maximum(_lines(met.x, 0.7, 0.01), _lines(met.away, 1.4, 0.03))
    glow = sum(np.exp(-(((met.x - strip) / 0.5) ** 2)) for strip in _STRIPS)
    colour = np.array(_CEILING, np.float32) * (0.62 + 0.2 * glow - 0.12 * joint)[:, None]
    lit = np.zeros_like(met.x)
    for strip in _STRIPS:
        lit = np.maximum(lit, (np.abs(met.x - strip) < 0.09) * (met.away % 2.8 < 2.3))
    return np.asarray(colour * (1 - lit[:, None]) + 252 * lit[:, None], np.float32)


def _wall(met: _Rays) -> Float32:
    """Wood to 2.5 m with joints and, here and there, a dark shop window or a lit poster; plaster above."""
    joint, side = _lines(met.away, 1.1, 0.02), np.sign(met.x)
    board = _speckle(np.floor(met.away / 1.1), side) * 16 - 8
    colour = np.array(_WOOD, np.float32) + board[:, None]
    colour = colour * (1 - 0.35 * joint)[:, None]
    place = (met.away + 2.2 * (side > 0)) % 6.6
    window = (place > 2.2) & (place < 5.2) & (met.y > 0.1) & (met.y < 2.2)
    glass = np.array(_GLASS, np.float32) + (met.y * 26)[:, None]
    colour = np.where(window[:, None], glass, colour)
    poster = (place > 0.5) & (place < 1.6) & (met.y > 0.8) & (met.y < 2.1)
    tint = np.where((side > 0)[:, None], (150, 128, 92), (96, 128, 178)) + (met.y * 30)[:, None]
    colour = np.where(poster[:, None], tint, colour)
    plaster = np.array(_PLASTER, np.float32) * np.float32(0.86)
    colour = np.where((met.y > 2.5)[:, None], plaster, colour)
    shade = 0.94 - 0.3 * _near(met.y, 0.25) - 0.2 * _near(HEIGHT - met.y, 0.3) + 0.1 * (met.away / LENGTH) ** 2
    return np.asarray(colour * shade[:, None], np.float32)


def _end(met: _Rays) -> Float32:
    """Glass from wall to wall: sky above, soft greenery below, thin frames."""
    rise = np.clip(met.y / HEIGHT, 0, 1)[:, None]
    sky = np.array(_DAY_LOW, np.float32) * (1 - rise) + np.array(_DAY_TOP, np.float32) * rise
    hills = 0.9 + 0.35 * np.sin(met.x * 1.3) + 0.2 * np.sin(met.x * 3.1 + 1)
    green = 1 / (1 + np.exp((met.y - hills) * 5))[:, None]
    colour = sky * (1 - 0.55 * green) + np.array((110, 138, 116), np.float32) * 0.55 * green
    frame = np.maximum(_lines(met.x + 0.575, 1.15, 0.05), (np.abs(met.y - 2.4) < 0.05) | (met.y < 0.08))[:, None]
    return np.asarray(colour * (1 - frame) + np.array(_FRAME, np.float32) * frame, np.float32)


def _lines(along: AnyFloat, pitch: float, half: float) -> Float32:
    """1 on lines `pitch` metres apart and 2 * `half` wide, else 0."""
    return np.asarray(np.abs((along + pitch / 2) % pitch - pitch / 2) < half, np.float32)


def _near(distance: AnyFloat, reach: float) -> Float32:
    """1 in a corner, and less over `reach` metres."""
    return np.asarray(np.exp(-np.maximum(distance, 0) / reach), np.float32)


def _speckle(first: AnyFloat, second: AnyFloat) -> Float32:
    """A fixed number 0..1 for each pair of whole numbers."""
    return np.asarray(np.abs(np.sin(first * 12.9898 + second * 78.233) * 43758.547) % 1, np.float32)
