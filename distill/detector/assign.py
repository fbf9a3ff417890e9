"""Assigns faces to the cells of the network: to the cells near the face's centre, at the strides for its size.

The assignment depends on geometry alone. One that follows the network's predictions (SimOTA) is better after days of
training, but in the first half hour on a CPU the predictions are not worth following. Rows and columns are compared
separately and combined last; comparing all cells with all faces took as long as the convolutions.
"""

from collections.abc import Callable

import torch
from torch import Tensor

SIZES = {4: (0.0, 13.0), 8: (10.0, 28.0), 16: (22.0, 1e9)}  # square root of the box area in pixels, by stride
CENTRE_RADIUS = 1.0  # strides: cells this near to a face's centre, and in its box, learn the face
TOLERANCE = 1.6  # a face whose size is outside the range by less than this factor is ignored at that stride
BACKGROUND, IGNORED = -1, -2


def centres_along(count: int, stride: int, device: torch.device | None = None) -> Tensor:
    """Centres of `count` cells along one side, in pixels."""
    return (torch.arange(count, device=device) + 0.5) * stride


def cell_centres(height: int, width: int, stride: int, device: torch.device | None = None) -> Tensor:
    """Centres of all cells, x and y in pixels, row by row: float32 (H*W,2)."""
    y, x = torch.meshgrid(centres_along(height, stride, device), centres_along(width, stride, device), indexing="ij")
    return torch.stack([x, y], dim=-1).reshape(-1, 2)


def assign(boxes: Tensor, ignore: Tensor, shape: tuple[int, int], stride: int) -> Tensor:
    """The face of each cell: its row in boxes (N,F,4), BACKGROUND or IGNORED; int64 (N,H*W).

    shape: height and width of the grid of cells. Unused rows of boxes and of ignore (N,M,4) are NaN.
    """
    rows, columns = centres_along(shape[0], stride, boxes.device), centres_along(shape[1], stride, boxes.device)
    low, high = SIZES[stride]
    used, boxes = boxes.isfinite().all(dim=2), boxes.nan_to_num(0.0)
    sizes = (boxes[..., 2:] - boxes[..., :2]).clamp(min=0).prod(dim=2).sqrt()
    fits = used & (sizes >= low) & (sizes < high)
    nearly_fits = used & (sizes >= low / TOLERANCE) & (sizes < high * TOLERANCE)
    centres = (boxes[..., :2] + boxes[..., 2:]) / 2
    across, down = (columns - centres[..., :1]) ** 2, (rows - centres[..., 1:]) ** 2
    distances = _combine(across, down, torch.add)  # squared pixels, (N,F,H*W)
    inside = _inside(boxes, rows, columns)
    nearest = distances <= distances.amin(dim=2, keepdim=True)
    positive = fits[..., None] & ((inside & (distances <= (CENTRE_RADIUS * stride) ** 2)) | nearest)
    ambiguous = (nearly_fits[..., None] & inside & (distances <= (sizes[..., None] / 2) ** 2)).any(dim=1)
    least, owner = distances.masked_fill_(~positive, torch.inf).min(dim=1)
    owner = owner.masked_fill(least == torch.inf, BACKGROUND)
    ambiguous |= _inside(ignore.nan_to_num(0.0), rows, columns).any(dim=1)
    return owner.masked_fill((owner == BACKGROUND) & ambiguous, IGNORED)


def _inside(boxes: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Whether the centre of each cell lies in each box: bool (N,F,H*W)."""
    across = (columns > boxes[..., :1]) & (columns < boxes[..., 2:3])
    down = (rows > boxes[..., 1:2]) & (rows < boxes[..., 3:])
    return _combine(across, down, torch.logical_and)


def _combine(across: Tensor, down: Tensor, operation: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """Values of columns (N,F,W) and of rows (N,F,H), combined for each cell: (N,F,H*W)."""
    return operation(across[:, :, None, :], down[:, :, :, None]).flatten(2)
