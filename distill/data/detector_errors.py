"""How wrongly the embedded detector aligns small faces, and misalignments drawn from that.

Measured by `python -m benchmarks.landmark_errors`; docs/training/findings.md has the table. Faces are cut too large
more often than too small, and the tails are long: Gaussians that fit the middle miss them.
"""

from functools import cache

import torch
from torch import Generator, Tensor

QUANTILES = (0.005, 0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975, 0.995)
HEIGHTS_PX = (12, 16, 24, 32)
# By face height: shift right, shift down (shares of the chip's side), logarithm of the size, rotation (degrees).
ERRORS = (
    (
        (-0.1465, -0.0634, -0.0231, -0.0095, 0.001, 0.0124, 0.0261, 0.0705, 0.1756),
        (-0.3715, -0.165, -0.0306, -0.0128, -0.0002, 0.0131, 0.0274, 0.0601, 0.3001),
        (-0.2425, -0.1753, -0.0652, -0.0034, 0.0462, 0.1168, 0.205, 0.3061, 0.3848),
        (-12.0896, -7.3094, -4.5365, -2.4843, -0.4099, 1.7379, 3.9226, 7.5744, 11.4488),
    ),
    (
        (-0.1992, -0.0677, -0.0234, -0.0095, 0.0014, 0.0122, 0.0243, 0.0687, 0.2015),
        (-0.1187, -0.0552, -0.022, -0.0094, 0.0019, 0.0131, 0.0252, 0.0457, 0.1064),
        (-0.1373, -0.0827, -0.0317, 0.0082, 0.0648, 0.1493, 0.2316, 0.3744, 0.473),
        (-12.1608, -7.0249, -4.2902, -2.2208, -0.2473, 1.7349, 3.8323, 7.0092, 11.1242),
    ),
    (
        (-0.0978, -0.0366, -0.0164, -0.0073, 0.0014, 0.0108, 0.0207, 0.041, 0.1245),
        (-0.0997, -0.0352, -0.0185, -0.0076, 0.0011, 0.0105, 0.0193, 0.0313, 0.0474),
        (-0.2313, -0.1196, -0.0441, -0.0116, 0.0219, 0.0584, 0.1122, 0.2204, 0.3768),
        (-8.7654, -6.3275, -3.9065, -2.144, -0.2617, 1.6284, 3.3937, 6.0028, 9.2606),
    ),
    (
        (-0.114, -0.033, -0.0156, -0.0067, 0.0019, 0.012, 0.0229, 0.0506, 0.1797),
        (-0.0784, -0.0326, -0.0178, -0.0078, 0.0014, 0.011, 0.0202, 0.0333, 0.0544),
        (-0.2682, -0.0768, -0.0335, -0.0066, 0.0263, 0.0695, 0.1364, 0.2927, 0.44),
        (-12.2584, -7.2074, -4.2214, -2.2938, -0.3858, 1.4372, 3.3883, 6.1448, 9.4171),
    ),
)


def draw_misalignments(pixels: Tensor, generator: Generator | None = None) -> Tensor:
    """Random misalignments (N,4) of faces `pixels` (N,) high: shift right and down as shares of the chip's side, the
    logarithm of the size, and the rotation in degrees, clockwise.

    Each is drawn alone, from the measured quantiles of the next smaller height; what lies beyond the first and the last
    quantile is not drawn.
    """
    heights, quantiles, errors = _tables(pixels.device)
    row = (torch.bucketize(pixels, heights, right=True) - 1).clamp_min(0)  # (N,)
    first, last = QUANTILES[0], QUANTILES[-1]
    share = first + (last - first) * torch.rand(len(pixels), 4, device=pixels.device, generator=generator)
    upper = torch.bucketize(share, quantiles).clamp(1, len(QUANTILES) - 1)[..., None]  # (N,4,1)
    table = errors[row]  # (N,4,Q)
    low, high = table.gather(2, upper - 1), table.gather(2, upper)
    start, end = quantiles[upper - 1], quantiles[upper]
    drawn: Tensor = (low + (high - low) * (share[..., None] - start) / (end - start))[..., 0]
    return drawn


@cache  # a CUDA graph cannot record a copy from the host
def _tables(device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Heights (H,), quantiles (Q,) and errors (H,4,Q)."""
    heights = torch.tensor(HEIGHTS_PX, dtype=torch.float32, device=device)
    return heights, torch.tensor(QUANTILES, device=device), torch.tensor(ERRORS, device=device)
