"""Three terms: is there a face (focal), where does it end (complete IoU), where are its landmarks (smooth L1).

Losses from torchvision: focal (Lin et al. 2017) and CIoU (Zheng et al. 2020). The surprise: a cell's target score is
not 1 but rises with the overlap its own box reaches, so that of the cells of one face the best placed box wins the NMS.
"""

import torch
from torch import Tensor, nn
from torchvision.ops import complete_box_iou_loss, sigmoid_focal_loss

from distill.detector.assign import BACKGROUND, NOTHING, assign, middles
from distill.detector.network import CHANNELS, STRIDES

SURE = 0.5  # target of a cell whose box is quite wrong; 1 where it fits
ALPHA, GAMMA = 0.35, 2.0
BETA = 0.05  # of a face's size: landmark errors below are squared


def decoded(cells: Tensor, centres: Tensor, stride: int) -> tuple[Tensor, Tensor]:
    """Boxes (K,4) and landmarks (K,5,2) in pixels of cells (K,15) with middles (K,2), as detectors/tiny.py."""
    middle = centres + cells[:, 1:3] * stride
    half = cells[:, 3:5].clamp(max=8.0).exp() * stride / 2
    points = centres[:, None] + cells[:, 5:].reshape(-1, 5, 2) * stride
    return torch.cat([middle - half, middle + half], dim=1), points


def losses(levels: list[Tensor], boxes: Tensor, points: Tensor, ignore: Tensor) -> dict[str, Tensor]:
    """Terms per face cell: `score`, `box`, `points`. levels: (N,15,h,w) of each stride. The rest as in Batch."""
    focal, faces, found, wanted, marks, known = [], [], [], [], [], []
    for made, stride in zip(levels, STRIDES, strict=True):
        centres = middles(made.shape[2], made.shape[3], stride, made.device)
        owner = assign(boxes, ignore, (made.shape[2], made.shape[3]), stride)
        cells = made.permute(0, 2, 3, 1).reshape(len(made), -1, CHANNELS)
        picture, cell = (owner >= 0).nonzero(as_tuple=True)
        face = owner[picture, cell]
        box, five = decoded(cells[picture, cell], centres[cell], stride)
        target = torch.zeros_like(cells[..., 0])
        target[picture, cell] = SURE + (1 - SURE) * _overlap(box.detach(), boxes[picture, face])
        each = sigmoid_focal_loss(cells[..., 0], target, alpha=ALPHA, gamma=GAMMA, reduction="none")
        focal.append(each[owner > NOTHING].sum())
        faces.append((owner > BACKGROUND).sum())
        found.append(box)
        wanted.append(boxes[picture, face])
        marks.append(five)
        known.append(points[picture, face])
    count = torch.stack(faces).sum().clamp(min=1)
    return {
        "score": torch.stack(focal).sum() / count,
        "box": complete_box_iou_loss(torch.cat(found), torch.cat(wanted), reduction="sum") / count,
        "points": _points(torch.cat(marks), torch.cat(known), torch.cat(wanted)) / count,
    }


def _points(found: Tensor, known: Tensor, boxes: Tensor) -> Tensor:
    """Sum over faces with known landmarks of the mean error as a share of the face's size."""
    there = known.isfinite().all(dim=2).all(dim=1)
    size = (boxes[there, 2:] - boxes[there, :2]).mean(dim=1)[:, None, None]
    error = nn.functional.smooth_l1_loss(found[there] / size, known[there] / size, beta=BETA, reduction="none")
    return error.mean(dim=(1, 2)).sum()


def _overlap(found: Tensor, wanted: Tensor) -> Tensor:
    """Intersection over union, pair by pair: (K,)."""
    low, high = torch.maximum(found[:, :2], wanted[:, :2]), torch.minimum(found[:, 2:], wanted[:, 2:])
    common = (high - low).clamp(min=0).prod(dim=1)
    areas = [(one[:, 2:] - one[:, :2]).prod(dim=1) for one in (found, wanted)]
    return common / (areas[0] + areas[1] - common).clamp(min=1e-6)
