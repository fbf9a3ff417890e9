"""Small views as a camera and H.264 make them, in batches of tensors on any device.

A face is drawn on a small sensor at a random place of the block grid: misaligned as the detector misaligns it, blurred
by lens and motion, shrunk, noisy, and coded in 8x8 blocks. Then it is resampled to the student's size. All that is
linear is two matrices from a bank, made once; the rest is arithmetic. Real H.264 predicts blocks from others and
filters their edges. Here blocks are quantised with one step for all frequencies, as H.264 does by default, with a dead
zone; a test compares the loss with libx264's.
"""

import math

import cv2
import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn.functional import affine_grid, avg_pool2d, grid_sample, interpolate

from detectors.arrays import Float32
from distill.config import DegradeSettings
from distill.data.detector_errors import draw_misalignments
from distill.data.matrices import defocus_matrix, motion_matrix, resize_matrix

BLOCK = 8
LENS_BLUR = (0.2, 0.8)  # standard deviation, sensor pixels
MOTION = (0.5, 2.5)  # length, sensor pixels
MOTION_SHARE = 0.2
READ_NOISE, PHOTON_NOISE = 8.0, 0.6  # greatest, grey levels; the second times the square root of the brightness
QUALITY = (20.0, 34.0)  # H.264 quantiser
DEAD_ZONE = 0.33  # what is added to a coefficient before it is cut to a whole number of steps; 0.5 rounds
SHRINK = (cv2.INTER_AREA, cv2.INTER_AREA, cv2.INTER_LINEAR)
ENLARGE = (cv2.INTER_CUBIC, cv2.INTER_CUBIC, cv2.INTER_LINEAR, cv2.INTER_AREA)
YCC = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))  # ITU-R BT.601


class Footage:
    """Makes views of one size. A bank of `entries` degradations is drawn with `seed`; the rest is new in each batch."""

    def __init__(
        self,
        size: int,
        face_side: int,
        settings: DegradeSettings,
        *,
        seed: int,
        device: torch.device | str,
        entries: int = 512,
    ) -> None:
        """size: pixels of a view. face_side: pixels of the sharp faces."""
        rng = np.random.default_rng(seed)
        self._side = (
            2 * BLOCK * math.ceil((settings.to_px + BLOCK) / (2 * BLOCK))
        )  # of the sensor: any face, at any place
        drawn = [_draw_matrices(size, face_side, self._side, settings, rng) for _ in range(entries)]
        across, down, back_across, back_down, pixels = zip(*drawn, strict=True)
        self._across, self._down, self._back_across, self._back_down = (
            torch.from_numpy(np.stack(part)).to(device) for part in (across, down, back_across, back_down)
        )
        self._pixels = torch.tensor(pixels, dtype=torch.float32, device=device)
        self.coder = BlockCoder(device)

    def __call__(self, faces: Tensor, generator: Generator | None = None) -> Tensor:
        """Degrade faces, (N,3,M,M) RGB of 0..255, uint8 or float: float32 (N,3,size,size) of 0..255, whole numbers."""
        count, device = len(faces), faces.device
        index = torch.randint(len(self._pixels), (count,), device=device, generator=generator)
        moved = misalign(faces.float(), draw_misalignments(self._pixels[index], generator), generator)
        seen = self._down[index][:, None] @ moved @ self._across[index][:, None].transpose(2, 3)

        def uniform(low: float, high: float) -> Tensor:
            return low + (high - low) * torch.rand(count, 1, 1, 1, device=device, generator=generator)

        spread = uniform(0, PHOTON_NOISE).square() * seen.clamp_min(0) + uniform(0, READ_NOISE).square()
        noise = torch.randn(seen.shape, device=device, generator=generator) * spread.sqrt()
        coded = self.coder((seen + noise).clamp(0, 255), uniform(*QUALITY)).clamp(0, 255)
        view = self._back_down[index][:, None] @ coded @ self._back_across[index][:, None].transpose(2, 3)
        return view.clamp(0, 255).round()


class BlockCoder:
    """The loss of an H.264 picture: 8x8 DCT, one quantiser step, chroma at half the side, block edges smoothed."""

    def __init__(self, device: torch.device | str) -> None:
        k, n = torch.arange(BLOCK).float()[:, None], torch.arange(BLOCK).float()[None]
        dct = torch.cos(math.pi * (2 * n + 1) * k / (2 * BLOCK)) * math.sqrt(2 / BLOCK)
        dct[0] /= math.sqrt(2)
        self._dct = dct.to(device)
        self._to_ycc = torch.tensor(YCC).to(device)
        self._to_rgb = torch.linalg.inv(torch.tensor(YCC)).to(device)

    def __call__(self, images: Tensor, quantiser: Tensor) -> Tensor:
        """Code and decode (N,3,H,W) RGB of 0..255, sides multiples of 16, with quantisers (N,1,1,1) of 0..51."""
        step = 2 ** ((quantiser - 4) / 6)  # H.264's step: it doubles every six quantisers
        ycc = torch.einsum("ij,njhw->nihw", self._to_ycc, images - 128)
        luma = self._code(ycc[:, :1], step)
        chroma = self._code(avg_pool2d(ycc[:, 1:], 2), step)
        chroma = interpolate(chroma, scale_factor=2, mode="nearest")
        return torch.einsum("ij,njhw->nihw", self._to_rgb, torch.cat([luma, chroma], 1)) + 128

    def _code(self, planes: Tensor, step: Tensor) -> Tensor:
        n, c, h, w = planes.shape
        blocks = planes.reshape(n, c, h // BLOCK, BLOCK, w // BLOCK, BLOCK).transpose(3, 4)
        steps = (self._dct @ blocks @ self._dct.T) / step[..., None, None]
        whole = steps.sign() * (steps.abs() + DEAD_ZONE).floor() * step[..., None, None]
        decoded = (self._dct.T @ whole @ self._dct).transpose(3, 4).reshape(n, c, h, w)
        return _smooth_edges(decoded, step)


def misalign(faces: Tensor, errors: Tensor, generator: Generator | None = None) -> Tensor:
    """Move faces (N,3,S,S) by misalignments (N,4) as draw_misalignments gives them, half of them mirrored."""
    right, down, log_size, degrees = errors.unbind(1)
    angle = torch.deg2rad(degrees)
    cos, sin = angle.cos() * torch.exp(-log_size), angle.sin() * torch.exp(-log_size)
    mirror = torch.where(torch.rand(len(faces), device=faces.device, generator=generator) < 0.5, -1.0, 1.0)
    # from chip to face, in half sides: the inverse of size, rotation and shift
    x = mirror[:, None] * torch.stack([cos, sin, -2 * (cos * right + sin * down)], 1)
    y = torch.stack([-sin, cos, -2 * (-sin * right + cos * down)], 1)
    grid = affine_grid(torch.stack([x, y], 1), list(faces.shape), align_corners=False)
    return grid_sample(faces, grid, mode="bilinear", padding_mode="border", align_corners=False)


def _smooth_edges(planes: Tensor, step: Tensor) -> Tensor:
    """Halve jumps below the quantiser step at the edges of blocks, as H.264's filter does, along both axes."""
    for axis in (2, 3):
        before = planes.narrow(axis, 0, planes.shape[axis] - 1)
        jump = planes.narrow(axis, 1, planes.shape[axis] - 1) - before  # (N,C,H-1,W)
        place = torch.arange(jump.shape[axis], device=planes.device) % BLOCK == BLOCK - 1
        at_edge = place.reshape(-1, 1) if axis == 2 else place
        part = torch.where(at_edge & (jump.abs() < 2 * step), jump / 4, torch.zeros_like(jump))
        zero = torch.zeros_like(planes.narrow(axis, 0, 1))
        planes = planes + torch.cat([part, zero], axis) - torch.cat([zero, part], axis)
    return planes


def _draw_matrices(
    size: int, face_side: int, side: int, settings: DegradeSettings, rng: np.random.Generator
) -> tuple[Float32, Float32, Float32, Float32, float]:
    """One degradation: matrices (side,face_side) from face to sensor, across and down, (size,side) back, and pixels."""
    native = rng.random() < settings.native_size
    pixels = float(np.clip(size if native else rng.uniform(settings.from_px, settings.to_px), 4, settings.to_px))
    whole, pitch = max(4, round(pixels)), face_side / pixels
    shrink, enlarge = (kernels[rng.integers(len(kernels))] for kernels in (SHRINK, ENLARGE))
    lens = defocus_matrix(face_side, rng.uniform(*LENS_BLUR) * pitch)
    lengths = [rng.uniform(*MOTION) * pitch if rng.random() < MOTION_SHARE else 0.0 for _ in range(2)]
    parts = []
    for length in lengths:
        offset = int(rng.integers(0, min(BLOCK, side - whole) + 1))
        place = np.clip(np.arange(side) - offset, 0, whole - 1)  # what lies beside the face repeats its border
        optics = lens @ motion_matrix(face_side, length) if length else lens
        parts.append((resize_matrix(face_side, whole, shrink) @ optics)[place])
        back = np.zeros((size, side), np.float32)
        back[:, offset : offset + whole] = resize_matrix(whole, size, enlarge)
        parts.append(back)
    across, back_across, down, back_down = (np.asarray(part, np.float32) for part in parts)
    return across, down, back_across, back_down, pixels
