"""Whether a face has depth: how its picture changes while it turns, against how that of a plane would.

Chips of one track are laid over the first. A plane that turns is seen through an affine map, six numbers; on a head
each point also moves by its depth times the tangent of the angle, two more. All eight are found from the pixels (Lucas
and Kanade, IJCAI 1981; the gradients are those of the first chip, as by Hager and Belhumeur, PAMI 1998). Depths are
those of a generic head. Landmarks cannot tell: the regressor of detectors/refine.py places those of a plane.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np

from detectors.arrays import Float32, Float64, Image

SIDE_PX = 40  # of the chips that are compared
STEPS = 4
MIN_LIKENESS = 0.7  # correlation with the first chip from which a look counts
MAX_LOOKS = 256
SMOOTHED = 3  # looks that are averaged, so that noise of single looks is no turn
MIN_LOOKS = 8

_SCALE = SIDE_PX / 112  # of lengths in the template of a chip of 112 pixels
_Y, _X = (np.mgrid[0:SIDE_PX, 0:SIDE_PX] + 0.5).astype(np.float32) / np.float32(_SCALE) - np.float32(56)
_INSIDE = ((_X / 42) ** 2 + ((_Y - 6) / 50) ** 2 < 1).ravel()
_RIDGE = np.clip((_Y + 6) / 22, 0, 1) / (1 + np.exp((_Y - 20.5) / 1.2))  # of the nose, from bridge to tip
_DEPTH = (
    52 * np.sqrt(np.clip(1 - (_X / 44) ** 2 - np.abs(_Y / 66) ** 3, 0, 1))
    + 13 * _RIDGE * np.exp(-0.5 * (_X / (2.6 + 2.6 * _RIDGE)) ** 2)
) * np.float32(_SCALE)  # pixels of SIDE_PX; the head of benchmarks/turned_faces.py
_U, _V = _X / 56, _Y / 56


@dataclass(frozen=True, slots=True)
class Movement:
    """Tangents of angles. turn: that explains how much narrower or shorter the face became, were it flat.
    depth: by which a head would have turned, for its points to move against one another as they did."""

    turn: float
    depth: float


@dataclass(slots=True)
class DepthMotion:
    """The looks of one track against its first."""

    looks: int = 0
    _first: "_First | None" = None
    _found: Float64 = field(default_factory=lambda: np.zeros((MAX_LOOKS, 4)))

    def add(self, chip: Image) -> None:
        """Add a look: its chip, BGR uint8 (S,S,3). One that hardly looks like the first does not count."""
        small = _prepare(chip)
        if self._first is None:
            self._first = _First.of(small)
            return
        found = self._first.compare(small)
        if found is not None:
            self._found[self.looks % MAX_LOOKS] = found
            self.looks += 1

    def measure(self) -> Movement | None:
        """None before there are enough looks."""
        if self.looks < MIN_LOOKS:
            return None
        found = self._found[: self.looks]
        if self.looks > MAX_LOOKS:
            found = np.roll(self._found, -(self.looks % MAX_LOOKS), axis=0)
        sums = np.cumsum(np.vstack([np.zeros((1, 4)), found]), axis=0)
        smooth = (sums[SMOOTHED:] - sums[:-SMOOTHED]) / SMOOTHED
        low, high = np.percentile(smooth, (10, 90), axis=0)
        stretch, shear, across, down = (high - low).tolist()
        return Movement(float(np.sqrt(np.expm1(2 * max(stretch, shear)))), float(np.hypot(across, down)))


@dataclass(frozen=True, slots=True)
class _First:
    """The first chip: its pixels inside the face, and how the eight numbers follow from differences to it."""

    pixels: Float32
    solve: Float32

    @classmethod
    def of(cls, chip: Float32) -> "_First | None":
        """None for a chip without any structure."""
        pixels = _normalise(chip.ravel()[_INSIDE])
        if pixels is None:
            return None
        scale = np.float32(1 / max(float(chip.ravel()[_INSIDE].std()), 1e-6))
        dx = cv2.Sobel(chip, cv2.CV_32F, 1, 0, ksize=3, scale=0.125 * float(scale))
        dy = cv2.Sobel(chip, cv2.CV_32F, 0, 1, ksize=3, scale=0.125 * float(scale))
        columns = [dx * _U, dx * _V, dy * _U, dy * _V, dx, dy, dx * _DEPTH, dy * _DEPTH]
        slopes = np.stack([column.ravel()[_INSIDE] for column in columns], axis=1)
        slopes = slopes - slopes.mean(axis=0)  # light is taken out of the differences, so out of these too
        return cls(pixels, np.asarray(np.linalg.pinv(slopes, rcond=1e-4), np.float32))

    def compare(self, chip: Float32) -> Float64 | None:
        """Aspect (logarithm), shear and the tangents of the turn across and down, float64 (4,)."""
        warp = np.zeros(8, np.float32)
        for _ in range(STEPS):
            seen = _normalise(_warped(chip, warp))
            if seen is None:
                return None
            warp -= self.solve @ (seen - self.pixels)
        seen = _normalise(_warped(chip, warp))
        if seen is None or not np.isfinite(warp).all() or float(seen @ self.pixels) / len(seen) < MIN_LIKENESS:
            return None
        half = SIDE_PX / 2
        across, down = np.array([half + warp[0], warp[2]]), np.array([warp[1], half + warp[3]])
        lengths = float(np.hypot(*across)), float(np.hypot(*down))
        if min(lengths) <= 0:
            return None
        shear = float(across @ down) / (lengths[0] * lengths[1])
        return np.array([np.log(lengths[0] / lengths[1]), shear, warp[6], warp[7]])


def _prepare(chip: Image) -> Float32:
    small = cv2.resize(chip[..., 1], (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small.astype(np.float32), (0, 0), 1.0), np.float32)


def _warped(chip: Float32, warp: Float32) -> Float32:
    """The pixels inside the face where these eight numbers say that they are."""
    a, b, c, d, e, f, across, down = warp
    columns = _COLUMNS + a * _U + b * _V + e + across * _DEPTH
    rows = _ROWS + c * _U + d * _V + f + down * _DEPTH
    moved = cv2.remap(chip, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved.ravel()[_INSIDE], np.float32)


_ROWS, _COLUMNS = np.mgrid[0:SIDE_PX, 0:SIDE_PX].astype(np.float32)


def _normalise(pixels: Float32) -> Float32 | None:
    """Without brightness and contrast; None where there is none."""
    centred = pixels - pixels.mean()
    spread = float(centred.std())
    return np.asarray(centred / np.float32(spread), np.float32) if spread > 1 else None
