"""Synthetic faces for function matching, a batch at once on the device of the teachers.

Does to a batch what `distill/data/mix.py` does to one face with OpenCV. Random numbers come from torch's default
generator of the device.
"""

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample, interpolate

from distill.config import MixSettings
from distill.data.mix import GRID


@torch.no_grad()
def mix_faces(faces: Tensor, count: int, settings: MixSettings) -> Tensor:
    """Make synthetic faces uint8 (count,3,S,S) from faces uint8 (N,3,S,S), both RGB."""
    first, second = faces[torch.randint(len(faces), (2, count), device=faces.device)].float()
    mixed = torch.where(_chosen(first, settings.flip), first.flip(3), first)
    mixed = torch.where(_chosen(first, settings.blend), second + (mixed - second) * _draw_masks(first), mixed)
    mixed = _warp(mixed, settings.warp_px, _chosen(first, settings.warp))
    return mixed.clamp(0, 255).round().to(torch.uint8)


def _chosen(faces: Tensor, share: float) -> Tensor:
    return torch.rand(len(faces), 1, 1, 1, device=faces.device) < share


def _draw_masks(faces: Tensor) -> Tensor:
    """The weight of the first face, one for the whole face or a smooth mask: (N,1,S,S) in 0..1."""
    count, side, device = len(faces), faces.shape[-1], faces.device
    even = torch.rand(count, 1, 1, 1, device=device) * 0.6 + 0.2
    coarse = torch.rand(count, 1, 3, 3, device=device) * 2 - 0.5
    smooth = interpolate(coarse, size=(side, side), mode="bicubic", align_corners=False).clamp(0, 1)
    return torch.where(_chosen(faces, 0.5), even, smooth)


def _warp(faces: Tensor, spread_px: float, chosen: Tensor) -> Tensor:
    """Displace the pixels of the chosen faces smoothly. spread_px: standard deviation at the control points."""
    count, side, device = len(faces), faces.shape[-1], faces.device
    coarse = torch.randn(count, 2, GRID, GRID, device=device) * (spread_px * 2 / side) * chosen  # a grid is 2 wide
    moves = interpolate(coarse, size=(side, side), mode="bicubic", align_corners=False)
    still = torch.eye(2, 3, device=device)[None]
    grid = affine_grid(still, [1, 3, side, side], align_corners=False) + moves.permute(0, 2, 3, 1)
    return grid_sample(faces, grid, padding_mode="border", align_corners=False)


def _recolour(faces: Tensor) -> Tensor:
    """Change contrast, brightness, gamma and colour cast."""
    count, device = len(faces), faces.device
    one, each = (count, 1, 1, 1), (count, 3, 1, 1)
    gain = (1 + 0.15 * torch.randn(one, device=device)) * (1 + 0.06 * torch.randn(each, device=device))
    shift = 12 * torch.randn(one, device=device) + 5 * torch.randn(each, device=device)
    gamma = torch.exp(0.2 * torch.randn(one, device=device))
    curved = (faces.clamp(0, 255) / 255) ** gamma * 255
    return (curved - 128) * gain + 128 + shift
