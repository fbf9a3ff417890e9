"""Grey and near-infrared looks of faces, for cameras that switch to infrared light at night.

Near infrared is imitated, not simulated: grey by a random spectral response that leans to red, a lamp beside the lens
that lights the face and leaves the background dark, bright skin, dark brows and lips by local contrast, a glow around
what is bright, and the noise of a dark scene. Teachers label the face in colour.
"""

import torch
from torch import Generator, Tensor
from torch.nn.functional import avg_pool2d, pad

LUMA = (0.299, 0.587, 0.114)  # of red, green, blue (ITU-R BT.601)


def grey_some(faces: Tensor, share: float, generator: Generator | None = None) -> Tensor:
    """Take the colour from a share of faces, float (N,3,S,S) RGB of 0..255; the rest stays."""
    if not share:
        return faces
    red, green, blue = faces.unbind(1)
    grey = (LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue)[:, None].expand_as(faces)
    chosen = torch.rand(len(faces), 1, 1, 1, device=faces.device, generator=generator) < share
    return torch.where(chosen, grey, faces)


def infrared_some(faces: Tensor, share: float, generator: Generator | None = None) -> Tensor:
    """Give a share of faces, float (N,3,S,S) RGB of 0..255, a look of near infrared; the rest stays."""
    if not share:
        return faces
    chosen = torch.rand(len(faces), 1, 1, 1, device=faces.device, generator=generator) < share
    return torch.where(chosen, infrared(faces, generator), faces)


def infrared(faces: Tensor, generator: Generator | None = None) -> Tensor:
    """Near-infrared looks of faces, float (N,3,S,S) RGB of 0..255; the three channels of the answer are equal."""
    count, device = len(faces), faces.device

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(count, 1, 1, 1, device=device, generator=generator)

    red, green, blue = (channel[:, None] for channel in (faces / 255).unbind(1))  # (N,1,S,S)
    lean, rest = uniform(0.4, 1.2), uniform(0.0, 1.0)
    grey = (lean * red + (1 - lean) * (rest * green + (1 - rest) * blue)).clamp(0.01, 1)
    bright = grey ** uniform(0.45, 0.9)  # skin reflects more infrared than red light
    local = bright + uniform(0.0, 0.8) * (bright - _blur(bright, faces.shape[3] // 4))  # dark brows and lips
    lit = local * _lamp(faces.shape[3], uniform(0.5, 1.4), uniform(0.0, 0.9), device)
    contrast = 0.5 + (lit.clamp(0, 1) - 0.5) * uniform(1.0, 1.5)
    glow = uniform(0.0, 0.5) * _blur((contrast - 0.6).clamp_min(0), faces.shape[3] // 6)
    spread = uniform(0.0, 0.05)
    noise = spread * torch.randn(count, 1, *faces.shape[2:], device=device, generator=generator)
    return ((contrast + glow + noise).clamp(0, 1) * 255).expand_as(faces)


def _lamp(side: int, width: Tensor, depth: Tensor, device: torch.device) -> Tensor:
    """Light (N,1,S,S) of a lamp beside the lens: 1 in the middle, 1 - depth far from it. width: in half sides."""
    steps = (torch.arange(side, device=device) + 0.5) * (2 / side) - 1
    distance = steps[:, None].square() + steps[None].square()
    return 1 - depth * (1 - torch.exp(-0.5 * distance / width.square()))


def _blur(images: Tensor, reach: int) -> Tensor:
    """Blur (N,1,S,S) twice by a box of 2 · reach + 1 pixels; borders repeat."""
    if not reach:
        return images
    for _ in range(2):
        images = avg_pool2d(pad(images, (reach,) * 4, mode="replicate"), 2 * reach + 1, stride=1)
    return images
