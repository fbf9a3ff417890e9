"""The network: plain 3x3 convolutions at strides 2 to 16, and heads for faces at strides 4, 8 and 16.

No convolution runs at stride 4 after the stem. The cells of stride 4 are computed at stride 8, four per pixel, and
shuffled apart: the same layer at stride 4 would cost four times as much and see half as far around a face of 8 px,
which is recognised more by its hair and shoulders than by its features.
"""

import torch
from torch import Tensor, nn

STRIDES = (4, 8, 16)
GRIDS = (8, 8, 16)  # pixels per element of the maps that hold the cells of these strides
CHANNELS = 15  # per cell: one logit, four for the box, ten for the landmarks
_INITIAL_LOGIT = -4.0  # faces are rare: with equal odds the first steps would see nothing but false alarms


def convolution(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """A 3x3 convolution with batch normalisation and ReLU."""
    layer = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


class FaceNet(nn.Module):
    """Maps BGR float32 (N,3,H,W) in 0..1, sides multiples of 16, to cells of each stride, (N,15,H/s,W/s)."""

    def __init__(self, stem: tuple[int, int] = (16, 24), width: int = 48, deep_width: int = 48) -> None:
        super().__init__()
        self.stem = nn.Sequential(convolution(3, stem[0], 2), convolution(stem[0], stem[1], 2))
        self.middle = nn.Sequential(convolution(stem[1], width, 2), convolution(width, width))
        self.coarse = nn.Sequential(
            convolution(width, deep_width, 2), convolution(deep_width, deep_width), convolution(deep_width, deep_width)
        )
        self.lateral = nn.Conv2d(deep_width, width, 1)
        self.fused = convolution(width, width)
        self.heads = nn.ModuleList(
            [nn.Conv2d(width, 4 * CHANNELS, 1), nn.Conv2d(width, CHANNELS, 1), nn.Conv2d(deep_width, CHANNELS, 1)]
        )
        self._initialise()

    def _initialise(self) -> None:
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
                head.bias[:copies] = _INITIAL_LOGIT  # pixel_shuffle makes a cell's first channel of the first four

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """Compute the cells of strides 4, 8 and 16."""
        fine, medium, large = self.maps(pictures)
        return [nn.functional.pixel_shuffle(fine, 2), medium, large]

    def maps(self, pictures: Tensor) -> tuple[Tensor, ...]:
        """The maps of the heads (N,60,H/8,W/8), (N,15,H/8,W/8), (N,15,H/16,W/16), as the exported file gives them."""
        middle = self.middle(self.stem(pictures))
        coarse = self.coarse(middle)
        upsampled = nn.functional.interpolate(self.lateral(coarse), scale_factor=2.0, mode="nearest")
        fused = self.fused(middle + upsampled)
        return tuple(head(source) for head, source in zip(self.heads, (fused, fused, coarse), strict=True))


class MapOutputs(nn.Module):
    """The exported network. Listing the cells instead of giving the maps would take a sixth of the whole time."""

    def __init__(self, net: FaceNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        """The maps of strides 4, 8 and 16."""
        return self.net.maps(pictures)
