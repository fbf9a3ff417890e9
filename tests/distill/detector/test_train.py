"""The detector's training: its losses, recipe and checkpoint."""

from pathlib import Path
from typing import Any

import pytest
import torch

from distill.detector.config import DetectorSettings, LabelSettings, TrainSettings
from distill.detector.train import NetworkWithLoss, make_recipe, net_of, trained_net
from distill.errors import DistillError


def make_settings(work: Path, **options: Any) -> DetectorSettings:
    train = TrainSettings(stem=(4, 4), width=8, deep_width=8, **options)
    return DetectorSettings(str(work), (), (), LabelSettings("yunet.onnx", "retinaface.onnx"), train=train)


def test_the_loss_is_the_weighted_sum_of_its_terms(tmp_path: Path) -> None:
    torch.manual_seed(0)
    settings = make_settings(tmp_path, box_weight=3.0, landmark_weight=0.5)
    images = torch.randint(0, 256, (1, 3, 64, 64), dtype=torch.uint8)
    boxes, points = torch.tensor([[[16.0, 16, 40, 40]]]), torch.full((1, 1, 5, 2), 28.0)
    terms = NetworkWithLoss(net_of(settings), settings.train)(images, boxes, points, torch.zeros(1, 0, 4))
    expected = terms["score"] + 3 * terms["box"] + 0.5 * terms["points"]
    assert min(terms["score"], terms["box"], terms["points"]) > 0
    torch.testing.assert_close(terms["loss"], expected)


@pytest.mark.parametrize(("device", "use_bf16"), [("cpu", False), ("cuda", True)])
def test_only_a_gpu_trains_in_bf16(tmp_path: Path, device: str, use_bf16: bool) -> None:
    recipe = make_recipe(make_settings(tmp_path, samples=320, batch=32), torch.device(device))
    assert (recipe.use_bf16, recipe.samples, recipe.batch) == (use_bf16, 320, 32)


def test_without_a_checkpoint_there_is_no_network(tmp_path: Path) -> None:
    with pytest.raises(DistillError, match="training: no checkpoint; run the stage train first"):
        trained_net(make_settings(tmp_path))
