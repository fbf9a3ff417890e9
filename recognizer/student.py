"""The students: plain 3x3 convolutions, ReLU and residual sums, at the face's own size. Only distill imports it.

The surprising decision: the last grid is flattened, not averaged. Where on the face a thing is matters more than that
it is there, and a chip is aligned; averaging 4x4 positions loses several points.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

GRID = 8  # side of the grid that the trunk starts from, after the strided stem


@dataclass(frozen=True, slots=True)
class Shape:
    """size: chip side in pixels. stem: channels of stride-2 convolutions down to a 16x16 grid. widths: channels at 8x8
    and 4x4. blocks: residual blocks at each. bottleneck: channels that are flattened. dim: length of the output."""

    size: int
    stem: tuple[int, ...] = ()
    widths: tuple[int, int] = (24, 56)
    blocks: tuple[int, int] = (1, 1)
    bottleneck: int = 60
    dim: int = 128

    def __post_init__(self) -> None:
        if self.size != GRID * 2 ** (len(self.stem) + 1):
            raise ValueError(f"stem: expected {self.size} px to become {GRID}, got {len(self.stem)} stem convolutions")


class Student(nn.Module):
    """Float (N,3,S,S), RGB in -1..1, to raw features (N,dim); their direction is the identity, their length says how
    sure the student is."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.stem = _stem((3, *shape.stem))
        first, second = shape.widths
        entry = shape.stem[-1] if shape.stem else 3
        self.fine = nn.Sequential(convolution(entry, first, stride=2), *residuals(first, shape.blocks[0]))
        self.coarse = nn.Sequential(convolution(first, second, stride=2), *residuals(second, shape.blocks[1]))
        self.narrow = convolution(second, shape.bottleneck, kernel=1)
        self.out = nn.Linear(shape.bottleneck * (GRID // 2) ** 2, shape.dim)

    def forward(self, chips: Tensor) -> Tensor:
        """(N,3,S,S) to (N,dim), not normalised."""
        grid = self.coarse(self.fine(self.stem(chips)))  # (N, widths[1], 4, 4)
        features: Tensor = self.out(self.narrow(grid).flatten(1))
        return features


class UnitStudent(nn.Module):
    """A student as it is exported: unit rows."""

    def __init__(self, student: Student) -> None:
        super().__init__()
        self.student = student

    def forward(self, chips: Tensor) -> Tensor:
        """(N,3,S,S) to unit rows (N,dim)."""
        features: Tensor = self.student(chips)
        # `normalize` would export an Expand that the quantiser's shape inference does not know
        unit: Tensor = features / features.norm(dim=1, keepdim=True).clamp_min(1e-6)
        return unit


class Residual(nn.Module):
    """ReLU(x + two convolutions)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = convolution(channels, channels)
        self.second = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, grid: Tensor) -> Tensor:
        """(N,C,H,W) to the same."""
        return torch.relu(grid + self.second(self.first(grid)))


def convolution(channels: int, out: int, *, stride: int = 1, kernel: int = 3) -> nn.Sequential:
    """Convolution without bias, batch normalisation (folded at export), ReLU."""
    return nn.Sequential(
        nn.Conv2d(channels, out, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(out), nn.ReLU(inplace=True)
    )


def residuals(channels: int, count: int) -> list[Residual]:
    """That many residual blocks."""
    return [Residual(channels) for _ in range(count)]


def parameters(module: nn.Module) -> int:
    """How many numbers a module learns."""
    return sum(parameter.numel() for parameter in module.parameters())


def _stem(channels: Sequence[int]) -> nn.Sequential:
    pairs = pairwise(channels)
    return nn.Sequential(*(convolution(before, after, stride=2) for before, after in pairs))
