"""The students: plain 3x3 convolutions, ReLU and residual sums at the size of the face.

The last grid is flattened, not averaged: chips are aligned, and averaging its 4x4 positions loses several points of
accuracy.
"""

from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor, nn

GRID = 4  # side of the last grid, in cells


@dataclass(frozen=True, slots=True)
class Stage:
    """A convolution of `stride` (1 or 2) to `channels`, then `blocks` residual blocks."""

    channels: int
    blocks: int = 0
    stride: int = 2


@dataclass(frozen=True, slots=True)
class Shape:
    """size: chip side in pixels. stages: from the chip to a 4x4 grid. bottleneck: channels that are flattened.
    dim: length of the output. rank: of the last layer's matrix, which is then stored as two factors; 0: full.
    Raises ValueError if the stages do not end at 4x4, or for a rank that saves nothing."""

    size: int
    stages: tuple[Stage, ...]
    bottleneck: int = 32
    dim: int = 128
    rank: int = 0

    def __post_init__(self) -> None:
        if any(stage.stride != 2 for stage in self.stages[1:]):  # stages are named by their grid, which must be unique
            raise ValueError(f"stages: expected a stride of 2 after the first, got {[s.stride for s in self.stages]}")
        shrink = prod(stage.stride for stage in self.stages)
        if self.size != GRID * shrink:
            raise ValueError(f"stages: expected strides that make {GRID} of {self.size} px, got a product of {shrink}")
        if self.rank >= min(self.dim, self.flat):
            raise ValueError(f"rank: expected less than {min(self.dim, self.flat)}, the full rank, got {self.rank}")

    @property
    def flat(self) -> int:
        """Length of the flattened last grid, the input of the last layer."""
        return self.bottleneck * GRID**2


class Student(nn.Module):
    """Maps float (N,3,S,S), RGB in -1..1, to raw features (N,dim). The direction is the identity, the length an
    estimate of quality."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.stages = nn.ModuleDict()  # named by their grid: students of two sizes share the deeper ones
        entry, grid = 3, shape.size
        for stage in shape.stages:
            grid //= stage.stride
            step = convolution(entry, stage.channels, stride=stage.stride)
            self.stages[f"at{grid}"] = nn.Sequential(step, *residuals(stage.channels, stage.blocks))
            entry = stage.channels
        self.narrow = convolution(entry, shape.bottleneck, kernel=1)
        self.reduce = nn.Linear(shape.flat, shape.rank, bias=False) if shape.rank else nn.Identity()
        self.out = nn.Linear(shape.rank or shape.flat, shape.dim)

    def forward(self, chips: Tensor) -> Tensor:
        """(N,3,S,S) to features (N,dim), not normalised."""
        features: Tensor = self.out(self.reduce(self.flatten(chips)))
        return features

    def flatten(self, chips: Tensor) -> Tensor:
        """(N,3,S,S) to the input of the last layer (N,flat)."""
        grid = chips
        for stage in self.stages.values():
            grid = stage(grid)  # (N, channels, side, side)
        flat: Tensor = self.narrow(grid).flatten(1)
        return flat


class FlipTTA(nn.Module):
    """Test-time augmentation: the sum of the features of a face and of its mirror image, in twice the time.

    Both are in one batch, so that an exported file holds every layer once.
    """

    def __init__(self, student: Student) -> None:
        super().__init__()
        self.student = student

    def forward(self, chips: Tensor) -> Tensor:
        """(N,3,S,S) to (N,dim), not normalised."""
        features = self.student(torch.cat([chips, chips.flip(3)]))
        both: Tensor = features.reshape(2, -1, features.shape[1])
        return both[0] + both[1]


class UnitNormStudent(nn.Module):
    """A student as it is exported: unit rows, and the length of each raw feature, which estimates the quality."""

    def __init__(self, student: Student | FlipTTA) -> None:
        super().__init__()
        self.student = student

    def forward(self, chips: Tensor) -> tuple[Tensor, Tensor]:
        """(N,3,S,S) to unit rows (N,dim) and lengths (N,)."""
        features: Tensor = self.student(chips)
        # `normalize` exports an Expand, which the shape inference of the quantiser does not support
        length = features.norm(dim=1, keepdim=True)
        return features / length.clamp_min(1e-6), length.squeeze(1)


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
    """`count` residual blocks."""
    return [Residual(channels) for _ in range(count)]


def count_parameters(module: nn.Module) -> int:
    """The number of trained values of a module."""
    return sum(parameter.numel() for parameter in module.parameters())


def count_multiplications(shape: Shape) -> int:
    """Multiplications for one face, without normalisation."""
    entry, grid, total = 3, shape.size, 0
    for stage in shape.stages:
        grid //= stage.stride
        total += 9 * grid**2 * stage.channels * (entry + 2 * stage.blocks * stage.channels)
        entry = stage.channels
    last = shape.rank * (shape.flat + shape.dim) if shape.rank else shape.flat * shape.dim
    return total + shape.flat * entry + last
