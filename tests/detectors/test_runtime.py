"""Session options, and errors that say what cannot run and what to do."""

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort
import pytest

from detectors.runtime import Runtime, open_session
from tests.synthetic.networks import write_detector


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_detector(tmp_path_factory.mktemp("nets") / "faces.onnx")


def test_dynamic_dimensions_are_fixed_by_name(model: Path) -> None:
    session = open_session(model, Runtime(), shapes={"batch": 1, "height": 64, "width": 96, "unknown": 5})
    assert session.get_inputs()[0].shape == [1, 3, 64, 96]
    with pytest.raises(Exception, match="invalid dimensions"):
        session.run(None, {"input": np.zeros((1, 3, 32, 96), np.float32)})


def test_sessions_use_few_threads_and_do_not_spin(model: Path) -> None:
    options = open_session(model.read_bytes(), Runtime(threads=3)).get_session_options()
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (3, 1)
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"
    assert options.log_severity_level == 3
    assert cv2.getNumThreads() == 1


def test_telemetry_is_off_before_onnxruntime_is_imported() -> None:
    """Read the variable in a new interpreter, at the first attempt to import onnxruntime."""
    program = (
        "import os, sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'onnxruntime': sys.stdout.write(os.environ.get('ORT_DISABLE_TELEMETRY', 'unset'))\n"
        "sys.meta_path.insert(0, Finder())\n"
        "import detectors.runtime\n"
    )
    environment = {key: value for key, value in os.environ.items() if key != "ORT_DISABLE_TELEMETRY"}
    root = Path(__file__).parents[2]
    process = subprocess.run(
        [sys.executable, "-c", program], cwd=root, env=environment, capture_output=True, check=True
    )
    assert process.stdout == b"1"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.onnx: no such model file"):
        open_session(tmp_path / "nowhere.onnx", Runtime())


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x08\x07\x12\x00" * 50])
def test_a_file_that_is_not_a_model_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "garbage.onnx"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"garbage\.onnx: not an ONNX model"):
        open_session(path, Runtime())
    with pytest.raises(ValueError, match="model given as bytes: not an ONNX model"):
        open_session(content, Runtime())


def test_cuda_without_cuda_is_an_error(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ort, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(
        ValueError, match=r"cuda needs CUDAExecutionProvider.*has CPUExecutionProvider.*onnxruntime-gpu"
    ):
        open_session(model, Runtime(device="cuda"))


@pytest.mark.parametrize(
    ("device", "remedy"),
    [("openvino", "pip install onnxruntime-openvino"), ("tensorrt", "onnxruntime-gpu"), ("coreml", "on macOS")],
)
def test_a_device_that_is_not_there_is_refused_with_the_way_to_get_it(
    model: Path, monkeypatch: pytest.MonkeyPatch, device: str, remedy: str
) -> None:
    monkeypatch.setattr(ort, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(ValueError, match=f"device: {device} needs .*has CPUExecutionProvider; to get it: .*{remedy}"):
        open_session(model, Runtime(device=device))


def test_auto_takes_the_best_that_works(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    create_session = ort.InferenceSession

    def create(path: Path, options: object, providers: list[tuple[str, object]]) -> object:
        asked.append(providers[0][0])
        return create_session(path, options, ["CPUExecutionProvider"])

    names = ["OpenVINOExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(ort, "get_available_providers", lambda: names)
    monkeypatch.setattr(ort, "InferenceSession", create)
    assert open_session(model, Runtime(device="auto")).get_providers() == ["CPUExecutionProvider"]
    assert asked == ["CUDAExecutionProvider", "OpenVINOExecutionProvider", "CPUExecutionProvider"]


def test_a_silent_fallback_to_the_cpu_is_an_error(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ONNX Runtime built with CUDA runs on the CPU without an error when the CUDA libraries are missing."""
    create_session = ort.InferenceSession
    monkeypatch.setattr(ort, "get_available_providers", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"])
    monkeypatch.setattr(
        ort,
        "InferenceSession",
        lambda path, options, providers: create_session(path, options, ["CPUExecutionProvider"]),
    )
    with pytest.raises(ValueError, match="cuda was asked for, but ONNX Runtime fell back"):
        open_session(model, Runtime(device="cuda"))


def test_invalid_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="device: expected auto, cpu, openvino, cuda, tensorrt, coreml, got 'tpu'"):
        Runtime(device="tpu")
    with pytest.raises(ValueError, match="threads: expected 1 or more, got 0"):
        Runtime(threads=0)
