"""Losses by hand, and the decoding that serving shares."""

import numpy as np
import pytest
import torch

from detectors.network import Outputs
from detectors.tiny import TinySpec, _decode, _pick
from distill.detector.assign import assign, cell_centres
from distill.detector.losses import decode_cells, detection_losses
from distill.detector.network import CHANNELS, STRIDES

NONE = torch.full((1, 1, 4), torch.nan)


def test_training_decodes_cells_as_serving_does() -> None:
    rng = np.random.default_rng(2)
    cells = torch.from_numpy(rng.normal(0, 1, (4 * 6, CHANNELS)).astype(np.float32))
    boxes, points = decode_cells(cells, cell_centres(4, 6, 8), 8)
    arrays = {"score_8": cells[:, :1].numpy(), "box_8": cells[:, 1:5].numpy(), "points_8": cells[:, 5:].numpy()}
    served = _decode(_pick(Outputs(arrays, 32, 48, 1.0), TinySpec(), 8, np.float32(-np.inf)), 8)
    np.testing.assert_allclose(served.boxes, boxes, rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(np.asarray(served.landmarks), points, rtol=1e-5, atol=1e-4)


def test_a_perfect_prediction_has_no_loss() -> None:
    box = torch.tensor([[[20.0, 20, 28, 28]]])
    points = torch.tensor([[[[22.0, 23], [26, 23], [24, 25], [22, 27], [26, 27]]]])
    levels = [torch.zeros(1, CHANNELS, 64 // stride, 64 // stride) for stride in STRIDES]
    for level in levels:
        level[:, 0] = -12
    owner = assign(box, NONE, (16, 16), 4).reshape(16, 16)
    centres = cell_centres(16, 16, 4).reshape(16, 16, 2)
    for y, x in (owner == 0).nonzero().tolist():
        levels[0][0, 0, y, x] = 12
        levels[0][0, 1:3, y, x] = (torch.tensor([24.0, 24]) - centres[y, x]) / 4
        levels[0][0, 3:5, y, x] = np.log(2)
        levels[0][0, 5:, y, x] = ((points[0, 0] - centres[y, x]) / 4).reshape(-1)
    terms = detection_losses(levels, box, points, NONE)
    assert terms["score"] == pytest.approx(0, abs=1e-3)
    assert terms["box"] == pytest.approx(0, abs=1e-4)
    assert terms["points"] == pytest.approx(0, abs=1e-4)
    levels[0][0, 1] += 0.5  # two pixels to the right: IoU 6/10, centres 2 px apart, hull 10 x 8
    moved = detection_losses(levels, box, points, NONE)
    assert moved["box"] == pytest.approx(1 - 6 / 10 + 4 / (10**2 + 8**2), abs=1e-4)


def test_a_picture_without_faces_has_a_score_loss_alone() -> None:
    levels = [torch.zeros(1, CHANNELS, 4, 4, requires_grad=True) for _ in STRIDES]
    terms = detection_losses(levels, NONE, torch.full((1, 1, 5, 2), torch.nan), NONE)
    torch.stack(list(terms.values())).sum().backward()
    assert terms["score"] > 0
    assert terms["box"] == terms["points"] == 0
