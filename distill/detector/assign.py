"""Which cell learns which face: those near a face's middle, at the strides whose band of sizes holds it.

The surprising decision: it is fixed by geometry. An assignment that follows the network's own answers (SimOTA) ends
better after days; in an hour on a CPU the network has no answers worth following until half the hour is gone. Rows and
columns are compared apart and combined last: over all cells at once this cost as much as the convolutions.
"""

from collections.abc import Callable

import torch
from torch import Tensor

BANDS = {4: (0.0, 13.0), 8: (10.0, 28.0), 16: (22.0, 1e9)}  # root of the box's area, pixels; they overlap
REACH = 1.0  # strides from the middle within which cells learn the face, if they lie in its box
NEAR_BAND = 1.6  # sizes this factor outside a band are neither right nor wrong there
BACKGROUND, NOTHING = -1, -2


def axis(count: int, stride: int, device: torch.device | None = None) -> Tensor:
    """Middles of `count` cells along a side, in pixels."""
    return (torch.arange(count, device=device) + 0.5) * stride


def middles(height: int, width: int, stride: int, device: torch.device | None = None) -> Tensor:
    """Middles of all cells, x y in pixels, row by row: float32 (H*W,2)."""
    y, x = torch.meshgrid(axis(height, stride, device), axis(width, stride, device), indexing="ij")
    return torch.stack([x, y], dim=-1).reshape(-1, 2)


def assign(boxes: Tensor, ignore: Tensor, shape: tuple[int, int], stride: int) -> Tensor:
    """For each of `shape` cells of each picture the row of its face in boxes (N,F,4), BACKGROUND, or NOTHING.

    Boxes and `ignore` (N,M,4) hold NaN in rows that say nothing. Returns int64 (N,H*W).
    """
    rows, columns = axis(shape[0], stride, boxes.device), axis(shape[1], stride, boxes.device)
    low, high = BANDS[stride]
    there, boxes = boxes.isfinite().all(dim=2), boxes.nan_to_num(0.0)
    sizes = (boxes[..., 2:] - boxes[..., :2]).clamp(min=0).prod(dim=2).sqrt()
    within = there & (sizes >= low) & (sizes < high)
    close = there & (sizes >= low / NEAR_BAND) & (sizes < high * NEAR_BAND)
    middle = (boxes[..., :2] + boxes[..., 2:]) / 2
    across, down = (columns - middle[..., :1]) ** 2, (rows - middle[..., 1:]) ** 2
    away = _grid(across, down, torch.add)  # squared pixels, (N,F,H*W)
    inside = _inside(boxes, rows, columns)
    nearest = away <= away.amin(dim=2, keepdim=True)
    right = within[..., None] & ((inside & (away <= (REACH * stride) ** 2)) | nearest)
    undecided = (close[..., None] & inside & (away <= (sizes[..., None] / 2) ** 2)).any(dim=1)
    best, owner = away.masked_fill_(~right, torch.inf).min(dim=1)
    owner = owner.masked_fill(best == torch.inf, BACKGROUND)
    unclear = undecided | _inside(ignore.nan_to_num(0.0), rows, columns).any(dim=1)
    return owner.masked_fill((owner == BACKGROUND) & unclear, NOTHING)


def _inside(boxes: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Whether each cell's middle lies in each box: bool (N,F,H*W)."""
    across = (columns > boxes[..., :1]) & (columns < boxes[..., 2:3])
    down = (rows > boxes[..., 1:2]) & (rows < boxes[..., 3:])
    return _grid(across, down, torch.logical_and)


def _grid(across: Tensor, down: Tensor, combine: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """What holds of columns (N,F,W) and rows (N,F,H), combined for each cell: (N,F,H*W)."""
    return combine(across[:, :, None, :], down[:, :, :, None]).flatten(2)
