"""The detector to be trained: plain 3x3 convolutions at strides 2 to 16, and heads for faces at strides 4, 8 and 16.

The surprising decision: no convolution runs on the finest level. What stride 4 says is computed at stride 8, four cells
to a pixel, and shuffled apart: at stride 4 the same layer would cost four times as much and see half as far round a
face of 8 px, whose shoulders and hair tell more than its features.
"""

import torch
from torch import Tensor, nn

STRIDES = (4, 8, 16)
CHANNELS = 15  # of a cell: one logit, four of the box, ten of the landmarks
_RARE = -4.0  # a cell's first logit: faces are rare, and equal odds would drown the first steps in false alarms


def convolution(given: int, made: int, stride: int = 1) -> nn.Sequential:
    """3x3, normalised, ReLU."""
    return nn.Sequential(nn.Conv2d(given, made, 3, stride, 1, bias=False), nn.BatchNorm2d(made), nn.ReLU(inplace=True))


class FaceNet(nn.Module):
    """BGR float32 (N,3,H,W) in 0..1, sides multiples of 16, to raw cells of each stride, (N,15,H/s,W/s)."""

    def __init__(self, stem: tuple[int, int] = (16, 24), width: int = 48, deep: int = 48) -> None:
        super().__init__()
        self.stem = nn.Sequential(convolution(3, stem[0], 2), convolution(stem[0], stem[1], 2))
        self.middle = nn.Sequential(convolution(stem[1], width, 2), convolution(width, width))
        self.coarse = nn.Sequential(convolution(width, deep, 2), convolution(deep, deep), convolution(deep, deep))
        self.lateral = nn.Conv2d(deep, width, 1)
        self.fused = convolution(width, width)
        self.heads = nn.ModuleList(
            [nn.Conv2d(width, 4 * CHANNELS, 1), nn.Conv2d(width, CHANNELS, 1), nn.Conv2d(deep, CHANNELS, 1)]
        )
        self._settle()

    def _settle(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        for head, copies in zip(self.heads, (4, 1, 1), strict=True):
            assert isinstance(head, nn.Conv2d)
            assert head.bias is not None
            nn.init.normal_(head.weight, std=0.01)
            with torch.no_grad():
                head.bias[:copies] = _RARE  # pixel_shuffle takes the first four channels for the first of a cell

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """Cells of strides 4, 8 and 16."""
        middle = self.middle(self.stem(pictures))
        coarse = self.coarse(middle)
        above = nn.functional.interpolate(self.lateral(coarse), scale_factor=2.0, mode="nearest")
        fused = self.fused(middle + above)
        fine, level, far = (head(source) for head, source in zip(self.heads, (fused, fused, coarse), strict=True))
        return [nn.functional.pixel_shuffle(fine, 2), level, far]


class Served(nn.Module):
    """What is exported, for each stride: scores (N,cells,1), boxes (N,cells,4), points (N,cells,10)."""

    def __init__(self, net: FaceNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        """Score, box and points of stride 4, then of 8 and 16."""
        made: list[Tensor] = []
        for cells in self.net(pictures):
            flat = cells.permute(0, 2, 3, 1).flatten(1, 2)
            made += [flat[..., :1], flat[..., 1:5], flat[..., 5:]]
        return tuple(made)
