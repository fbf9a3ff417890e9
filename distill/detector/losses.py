"""The losses: focal loss of the scores, complete IoU of the boxes, smooth L1 of the landmarks.

Focal loss (Lin et al. 2017) and CIoU (Zheng et al. 2020) come from torchvision. The target score of a cell is not 1 but
grows with the IoU of its own box, so that among the cells of one face the best box wins the NMS.
"""

import torch
from torch import Tensor, nn
from torchvision.ops import complete_box_iou_loss, sigmoid_focal_loss

from distill.detector.assign import BACKGROUND, IGNORED, assign, cell_centres
from distill.detector.network import CHANNELS, STRIDES

MIN_TARGET = 0.5  # target score of a face's cell whose box has IoU 0; 1 at IoU 1
ALPHA, GAMMA = 0.35, 2.0
BETA = 0.05  # share of the face size: smaller landmark errors are squared


def decode_cells(cells: Tensor, centres: Tensor, stride: int) -> tuple[Tensor, Tensor]:
    """Boxes (K,4) and landmarks (K,5,2) in pixels, of cells (K,15) with centres (K,2); as in detectors/tiny.py."""
    centre = centres + cells[:, 1:3] * stride
    half = cells[:, 3:5].clamp(max=8.0).exp() * stride / 2
    points = centres[:, None] + cells[:, 5:].reshape(-1, 5, 2) * stride
    return torch.cat([centre - half, centre + half], dim=1), points


def detection_losses(levels: list[Tensor], boxes: Tensor, points: Tensor, ignore: Tensor) -> dict[str, Tensor]:
    """The terms `score`, `box` and `points`, each divided by the number of face cells.

    levels: cells (N,15,h,w) of each stride; the rest as in Batch (distill/detector/dataset.py).
    """
    focal, counts = [], []
    found_boxes, true_boxes, found_points, true_points = [], [], [], []
    for level, stride in zip(levels, STRIDES, strict=True):
        centres = cell_centres(level.shape[2], level.shape[3], stride, level.device)
        owner = assign(boxes, ignore, (level.shape[2], level.shape[3]), stride)
        cells = level.permute(0, 2, 3, 1).reshape(len(level), -1, CHANNELS)
        picture, cell = (owner >= 0).nonzero(as_tuple=True)
        face = owner[picture, cell]
        cell_boxes, cell_points = decode_cells(cells[picture, cell], centres[cell], stride)
        target = torch.zeros_like(cells[..., 0])
        iou = _pairwise_iou(cell_boxes.detach(), boxes[picture, face])
        target[picture, cell] = MIN_TARGET + (1 - MIN_TARGET) * iou
        score_loss = sigmoid_focal_loss(cells[..., 0], target, alpha=ALPHA, gamma=GAMMA, reduction="none")
        focal.append(score_loss[owner > IGNORED].sum())
        counts.append((owner > BACKGROUND).sum())
        found_boxes.append(cell_boxes)
        true_boxes.append(boxes[picture, face])
        found_points.append(cell_points)
        true_points.append(points[picture, face])
    count = torch.stack(counts).sum().clamp(min=1)
    truth = torch.cat(true_boxes)
    return {
        "score": torch.stack(focal).sum() / count,
        "box": complete_box_iou_loss(torch.cat(found_boxes), truth, reduction="sum") / count,
        "points": _landmark_loss(torch.cat(found_points), torch.cat(true_points), truth) / count,
    }


def _landmark_loss(found: Tensor, truth: Tensor, boxes: Tensor) -> Tensor:
    """Sum over faces with known landmarks of the mean error, as a share of the face size."""
    known = truth.isfinite().all(dim=2).all(dim=1)
    size = (boxes[known, 2:] - boxes[known, :2]).mean(dim=1)[:, None, None]
    error = nn.functional.smooth_l1_loss(found[known] / size, truth[known] / size, beta=BETA, reduction="none")
    return error.mean(dim=(1, 2)).sum()


def _pairwise_iou(boxes: Tensor, others: Tensor) -> Tensor:
    """Intersection over union of each box (K,4) with the other box of its row (K,4): (K,)."""
    low, high = torch.maximum(boxes[:, :2], others[:, :2]), torch.minimum(boxes[:, 2:], others[:, 2:])
    common = (high - low).clamp(min=0).prod(dim=1)
    areas = [(part[:, 2:] - part[:, :2]).prod(dim=1) for part in (boxes, others)]
    return common / (areas[0] + areas[1] - common).clamp(min=1e-6)
