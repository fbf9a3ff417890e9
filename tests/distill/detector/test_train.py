"""The detector's training: its losses, recipe and checkpoint."""

from pathlib import Path
from typing import Any

import pytest
import torch

from distill.detector.config import DetectorSettings, LabelSettings, TrainSettings
from distill.detector.export import write_detector
from distill.detector.train import NetworkWithLoss, make_recipe, net_of, start_net, trained_net
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


@pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript-based ONNX export:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:The feature will be removed:DeprecationWarning")
def test_training_starts_from_an_exported_detector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    settings = make_settings(tmp_path, start_from=str(tmp_path / "old.onnx"))
    pictures = torch.rand(8, 3, 64, 64)
    old = net_of(settings)
    old(pictures)  # moves the means away from what they begin with
    write_detector(old.eval(), tmp_path / "old.onnx")
    monkeypatch.setattr("distill.detector.train.typical_pictures", lambda *_: pictures)
    for ours, expected in zip(start_net(settings).eval()(pictures), old(pictures), strict=True):
        torch.testing.assert_close(ours, expected, atol=1e-3, rtol=1e-3)


def test_a_detector_to_start_from_must_exist(tmp_path: Path) -> None:
    with pytest.raises(DistillError, match=r"train\.start_from: expected an ONNX file, found none at old\.onnx"):
        start_net(make_settings(tmp_path, start_from=str(tmp_path / "old.onnx")))
