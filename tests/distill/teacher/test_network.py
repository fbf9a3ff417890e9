"""ONNX networks by torch operators against ONNX Runtime."""

from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from detectors.runtime import Runtime
from distill.errors import DistillError
from distill.teacher.model import Ensemble, Teacher
from distill.teacher.network import OnnxNetwork
from distill.teacher.on_device import DeviceEnsemble, DeviceTeacher, from_device, to_device
from recognizer.onnx import load_chip_spec
from recognizer.spec import ChipSpec

CPU = torch.device("cpu")
ROOT = Path(__file__).parents[3]
SHIFTED = ((30.0, 40.0), (66.0, 40.0), (48.0, 60.0), (34.0, 80.0), (63.0, 80.0))


def write_network(path: Path, side: int, *, last: str = "Softmax") -> Path:
    """A network with shape arithmetic, attention-like products, uneven pads and a pool."""
    rng = np.random.default_rng(0)
    weights = {
        "kernel": rng.normal(0, 0.3, (8, 3, 3, 3)),
        "scale": rng.normal(1, 0.1, 8),
        "shift": rng.normal(0, 0.1, 8),
        "matrix": rng.normal(0, 0.3, (8, 8)),
        "last": rng.normal(0, 0.3, (5, 8)),
        "half": np.array(0.5),
        "least": np.array(1e-12),
    }
    whole = {"zero": np.array(0), "starts": np.array([0]), "ends": np.array([2**62]), "axes": np.array([1])}
    whole |= {"joined": np.array([-1]), "width": np.array([8])}
    floats = [numpy_helper.from_array(value.astype(np.float32), name) for name, value in weights.items()]
    shapes = [numpy_helper.from_array(value.astype(np.int64), name) for name, value in whole.items()]
    node = helper.make_node
    nodes = [
        node("Conv", ["chips", "kernel"], ["grid"], pads=[0, 0, 1, 1], strides=[2, 2]),
        node("Relu", ["grid"], ["active"]),
        node("AveragePool", ["active"], ["pooled"], kernel_shape=[2, 2], strides=[2, 2]),
        node("Transpose", ["pooled"], ["last_channels"], perm=[0, 2, 3, 1]),
        node("LayerNormalization", ["last_channels", "scale", "shift"], ["normal"], axis=-1),
        node("Shape", ["normal"], ["shape"]),
        node("Gather", ["shape", "zero"], ["count"], axis=0),
        node("Unsqueeze", ["count", "zero_list"], ["count_list"]),
        node("Concat", ["count_list", "joined", "width"], ["rows_shape"], axis=0),
        node("Reshape", ["normal", "rows_shape"], ["rows"]),
        node("Slice", ["rows", "starts", "ends", "axes"], ["all_rows"]),
        node("MatMul", ["all_rows", "matrix"], ["queries"]),
        node("ReduceL2", ["queries"], ["lengths"], axes=[-1], keepdims=1),
        node("Clip", ["lengths", "least"], ["safe"]),
        node("Div", ["queries", "safe"], ["units"]),
        node(last, ["units"], ["shares"]) if last != "Softmax" else node("Softmax", ["units"], ["shares"], axis=-1),
        node("Erf", ["shares"], ["bent"]),
        node("Mul", ["bent", "half"], ["halved"]),
        node("Add", ["halved", "all_rows"], ["summed"]),
        node("Transpose", ["summed"], ["by_channel"], perm=[0, 2, 1]),
        node("Unsqueeze", ["by_channel", "last_axis"], ["grids"]),
        node("GlobalAveragePool", ["grids"], ["means"]),
        node("Flatten", ["means"], ["flat"], axis=1),
        node("Gemm", ["flat", "last"], ["features"], transB=1),
    ]
    shapes += [numpy_helper.from_array(np.array([value]), name) for name, value in (("zero_list", 0), ("last_axis", 3))]
    chips = helper.make_tensor_value_info("chips", TensorProto.FLOAT, ["n", 3, side, side])
    features = helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", 5])
    graph = helper.make_graph(nodes, "made for a test", [chips], [features], [*floats, *shapes])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    return path


def make_faces(count: int) -> np.ndarray:
    coarse = np.random.default_rng(1).integers(0, 255, (count, 14, 14, 3)).astype(np.uint8)
    return np.stack([cv2.resize(one, (112, 112), interpolation=cv2.INTER_CUBIC) for one in coarse])


@pytest.mark.parametrize(
    "spec",
    [
        ChipSpec(size=112),
        ChipSpec(size=56, color="BGR", mean=(100, 110, 120), std=(60, 70, 80)),
        ChipSpec(size=96, color="BGR", landmarks=SHIFTED),
    ],
    ids=["as it is", "shrunk", "warped"],
)
def test_features_agree_with_onnx_runtime(tmp_path: Path, spec: ChipSpec) -> None:
    model, faces = write_network(tmp_path / "made.onnx", spec.size), make_faces(5)
    expected = Teacher(model, spec, Runtime()).embed(faces)
    assert (DeviceTeacher(model, spec, CPU).embed(faces) * expected).sum(axis=1).min() > 0.9999


def test_an_ensemble_of_tensors_is_one_of_arrays(tmp_path: Path) -> None:
    specs = (ChipSpec(size=112), ChipSpec(size=96, landmarks=SHIFTED))
    models = [write_network(tmp_path / f"{spec.size}.onnx", spec.size) for spec in specs]
    pairs = list(zip(models, specs, strict=True))
    weights, faces = (1.0, 0.5), make_faces(20)
    ours = DeviceEnsemble([DeviceTeacher(model, spec, CPU) for model, spec in pairs], weights)
    theirs = Ensemble([Teacher(model, spec, Runtime()) for model, spec in pairs], weights)
    assert (ours.embed_tensor(to_device(faces, CPU)).numpy() * theirs.embed(faces)).sum(axis=1).min() > 0.9999
    assert (ours.embed(faces) * theirs.embed(faces)).sum(axis=1).min() > 0.9999
    assert ours.dim == 10


def test_an_unknown_operator_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(DistillError, match=r"made.onnx: Tanh: no such operator .* teacher_engine=onnxruntime"):
        OnnxNetwork(write_network(tmp_path / "made.onnx", 112, last="Tanh"), CPU)


def test_a_file_that_is_no_network_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.onnx").write_bytes(b"\xff\xff\xff")
    with pytest.raises(DistillError, match=r"broken.onnx: expected an ONNX file"):
        OnnxNetwork(tmp_path / "broken.onnx", CPU)


def test_faces_come_back_from_the_device_as_they_were() -> None:
    faces = make_faces(2)
    assert np.array_equal(from_device(to_device(faces, CPU)), faces)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["edgeface_xs", "omz_reid_0095"])
def test_the_teachers_of_the_shipped_students_agree_with_onnx_runtime(shared: Path, name: str) -> None:
    spec = load_chip_spec(ROOT / "configs" / "recognizers" / f"{name}.yaml")
    faces = make_faces(4)
    expected = Teacher(shared / "models" / f"{name}.onnx", spec, Runtime()).embed(faces)
    assert (DeviceTeacher(shared / "models" / f"{name}.onnx", spec, CPU).embed(faces) * expected).sum(
        axis=1
    ).min() > 0.9999
