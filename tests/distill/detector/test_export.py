"""The exported network is read as it was trained."""

from pathlib import Path

import numpy as np
import pytest
import torch

from detectors.load import load_detector
from detectors.runtime import Runtime
from distill.detector.export import write_detector
from distill.detector.network import FaceNet
from distill.errors import DistillError


@pytest.fixture
def net() -> FaceNet:
    torch.manual_seed(0)
    return FaceNet((4, 4), 4, 4).eval()


@pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript-based ONNX export:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:The feature will be removed:DeprecationWarning")
def test_a_written_file_is_a_detector_for_pictures_of_any_size(net: FaceNet, tmp_path: Path) -> None:
    path = tmp_path / "toy.onnx"
    assert write_detector(net, path) == path.stat().st_size
    detector = load_detector(str(path), runtime=Runtime(), score=0.01, refine=False)
    for shape in ((64, 96, 3), (50, 33, 3)):
        found = detector.detect(np.zeros(shape, np.uint8))
        assert found.landmarks is not None


@pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript-based ONNX export:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:The feature will be removed:DeprecationWarning")
def test_a_file_that_is_too_large_is_not_written(net: FaceNet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("distill.detector.export.MAX_BYTES", 1000)
    with pytest.raises(DistillError, match="export: expected at most 1,000 bytes"):
        write_detector(net, tmp_path / "toy.onnx")
    assert not (tmp_path / "toy.onnx").exists()
