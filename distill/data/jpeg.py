"""What JPEG does to a picture, on any device and without its files: 8x8 cosine transforms that are rounded.

Follows ITU-T T.81 (the tables of its annex K, as libjpeg scales them by a quality) with colours at half resolution.
"""

import math

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate

BLOCK = 8
LUMA_TABLE = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
CHROMA_TABLE = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    *((99,) * 8,) * 4,
)
RGB_TO_YCC = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))  # JFIF


class JpegLoss:
    """Encodes and decodes a batch of pictures, without rounding the result to whole grey levels."""

    def __init__(self, device: torch.device) -> None:
        self._transform = _cosine_matrix().to(device)
        self._luma, self._chroma = (
            torch.tensor(table, dtype=torch.float32, device=device) for table in (LUMA_TABLE, CHROMA_TABLE)
        )
        self._to_ycc = torch.tensor(RGB_TO_YCC, device=device)
        self._to_rgb = torch.linalg.inv(self._to_ycc)

    def __call__(self, pictures: Tensor, quality: Tensor) -> Tensor:
        """Map float (N,3,S,S) RGB in 0..255, S a multiple of 16, to the same. quality: float (N,), 1..100."""
        planes = torch.einsum("ij,njhw->nihw", self._to_ycc, pictures - 128)
        luma = self._round_blocks(planes[:, :1], self._luma, quality)
        chroma = self._round_blocks(avg_pool2d(planes[:, 1:], 2), self._chroma, quality)
        chroma = interpolate(chroma, scale_factor=2, mode="bilinear", align_corners=False)
        return torch.einsum("ij,njhw->nihw", self._to_rgb, torch.cat([luma, chroma], 1)) + 128

    def _round_blocks(self, planes: Tensor, table: Tensor, quality: Tensor) -> Tensor:
        count, channels, side, _ = planes.shape
        cells = side // BLOCK
        blocks = planes.reshape(count, channels, cells, BLOCK, cells, BLOCK).transpose(3, 4)
        scale = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality)[:, None, None, None, None, None]
        steps = ((table * scale + 50) / 100).floor().clamp(1, 255)
        transform = self._transform
        rounded = torch.round(transform @ blocks @ transform.mT / steps) * steps
        return (transform.mT @ rounded @ transform).transpose(3, 4).reshape(planes.shape)


def _cosine_matrix() -> Tensor:
    """The orthonormal cosine transform of eight values: (8,8)."""
    frequency, place = torch.arange(BLOCK)[:, None], torch.arange(BLOCK)[None]
    matrix = torch.cos(math.pi * (2 * place + 1) * frequency / (2 * BLOCK)) * math.sqrt(2 / BLOCK)
    matrix[0] = math.sqrt(1 / BLOCK)
    return matrix
