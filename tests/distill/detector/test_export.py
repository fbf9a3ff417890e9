"""The exported network is read as it was trained."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from detectors.load import load_detector
from detectors.runtime import Runtime, open_session
from distill.detector.export import fp32_path, write_both, write_detector
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


@pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript-based ONNX export:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:The feature will be removed:DeprecationWarning")
def test_the_file_that_serves_has_int8_between_stem_and_heads_and_says_nearly_the_same(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net, path = FaceNet((8, 8), 16, 16), tmp_path / "face.onnx"
    pictures = torch.rand(64, 3, 64, 64)
    for _ in range(20):
        net(pictures)  # moves the means away from what they begin with
    write_both(net.eval(), path, pictures.numpy())
    nodes = onnx.load(path).graph.node
    makers = {output: node.op_type for node in nodes for output in node.output}
    weights = [makers.get(node.input[1], "float") for node in nodes if node.op_type == "Conv"]
    assert weights.count("DequantizeLinear") == 6
    assert len(weights) == 12
    feed = {"pictures": pictures[:1].numpy()}
    rounded, exact = (open_session(file, Runtime()).run(None, feed) for file in (path, fp32_path(path)))
    for one, other in zip(rounded, exact, strict=True):
        assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.99
    assert len(load_detector(str(path), runtime=Runtime(), score=1).detect(np.zeros((64, 64, 3), np.uint8))) == 0
