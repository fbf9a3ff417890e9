"""The regressor replaces the landmarks of the detector; crops lie where they did in training."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from detectors.arrays import Image
from detectors.base import Detections
from detectors.load import load_detector
from detectors.refine import REGRESSOR_FILE, LandmarkRegressor, RefinedDetector, square_crop
from detectors.runtime import Runtime

SHARES = np.linspace(0.1, 0.9, 10).astype(np.float32)


def write_regressor(path: Path, *, metadata: bool = True) -> Path:
    """Write a network that returns ten constants plus the mean of its crop."""
    nodes = [
        helper.make_node("ReduceMean", ["crops"], ["means"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Unsqueeze", ["means", "axis"], ["column"]),
        helper.make_node("Add", ["column", "shares"], ["points"]),
    ]
    graph = helper.make_graph(
        nodes,
        "constant",
        [helper.make_tensor_value_info("crops", TensorProto.FLOAT, ["n", 3, 8, 8])],
        [helper.make_tensor_value_info("points", TensorProto.FLOAT, ["n", 10])],
        [numpy_helper.from_array(SHARES, "shares"), numpy_helper.from_array(np.array([1], np.int64), "axis")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    if metadata:
        helper.set_model_props(model, {"landmark_regressor": '{"side": 8, "reach": 1.0, "raise": 0.25}'})
    onnx.save(model, path)
    return path


class FixedDetector:
    """Finds faces of the given heights; all their landmarks are -7."""

    name = "fixed"

    def __init__(self, heights: tuple[float, ...]) -> None:
        self._boxes = np.array([[40, 40, 40 + 0.8 * side, 40 + side] for side in heights], np.float32).reshape(-1, 4)

    def detect(self, image: Image) -> Detections:
        count = len(self._boxes)
        return Detections(self._boxes, np.full(count, 0.9, np.float32), np.full((count, 5, 2), -7, np.float32))


def make_grey(value: float = 127.5) -> Image:
    return np.full((200, 200, 3), value, np.uint8)


def test_landmarks_are_in_pixels_of_the_picture(tmp_path: Path) -> None:
    regressor = LandmarkRegressor(write_regressor(tmp_path / "r.onnx"), Runtime())
    found = regressor.landmarks(make_grey(), np.array([[40, 40, 52, 56]], np.float32))
    mean = (127 - 127.5) / 127.5
    # a face 16 px high: the crop is 16 x 16 around (46, 48), raised by a quarter of the height
    assert np.allclose(found[0], (38, 36) + 16 * (SHARES.reshape(5, 2) + mean), atol=1e-3)
    assert found.dtype == np.float32


@pytest.mark.parametrize("heights", [(), (16, 100)])
def test_faces_of_every_size_are_refined(tmp_path: Path, heights: tuple[float, ...]) -> None:
    regressor = LandmarkRegressor(write_regressor(tmp_path / "r.onnx"), Runtime())
    found = RefinedDetector(FixedDetector(heights), regressor).detect(make_grey())
    assert found.landmarks is not None
    assert found.landmarks.shape == (len(heights), 5, 2)
    assert (found.landmarks > 0).all()


def test_a_large_face_is_averaged_down_and_not_sampled() -> None:
    stripes = make_grey(0)
    stripes[:, ::2] = 255
    crop = square_crop(stripes, np.array([20.0, 20.0]), 128, 8)
    assert np.ptp(crop) <= 1
    assert crop.mean() == pytest.approx(127.5, abs=1)


@pytest.mark.parametrize("count", [0, 1, 500])
def test_any_number_of_faces_outside_the_picture_is_accepted(tmp_path: Path, count: int) -> None:
    regressor = LandmarkRegressor(write_regressor(tmp_path / "r.onnx"), Runtime())
    boxes = np.tile(np.array([-30, -20, -20, -8], np.float32), (count, 1))
    found = regressor.landmarks(make_grey(), boxes)
    assert found.shape == (count, 5, 2)
    assert np.isfinite(found).all()


def test_another_network_is_refused_with_its_name(tmp_path: Path) -> None:
    path = write_regressor(tmp_path / "other.onnx", metadata=False)
    with pytest.raises(ValueError, match=r"other\.onnx: not a landmark regressor"):
        LandmarkRegressor(path, Runtime())
    with pytest.raises(FileNotFoundError, match=r"none\.onnx"):
        LandmarkRegressor(tmp_path / "none.onnx", Runtime())


def test_the_embedded_detector_uses_the_shipped_regressor_by_default() -> None:
    assert isinstance(load_detector("embedded", runtime=Runtime()), RefinedDetector)
    assert not isinstance(load_detector("embedded", runtime=Runtime(), refine=False), RefinedDetector)
    found = LandmarkRegressor(REGRESSOR_FILE, Runtime()).landmarks(
        make_grey(), np.array([[80, 80, 95, 96]], np.float32)
    )[0]
    assert ((found > (75, 75)) & (found < (100, 100))).all()  # on a flat picture: near the centre of the box
    assert found[0, 0] < found[1, 0]  # the subject's right eye is on the left of the picture
    assert found[:2, 1].mean() < found[3:, 1].mean()  # eyes above mouth
