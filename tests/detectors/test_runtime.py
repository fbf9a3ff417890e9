"""Sessions open with the agreed options, and everything that cannot run says what it is and what to do."""

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


def test_shapes_are_fixed_by_name(model: Path) -> None:
    session = open_session(model, Runtime(), shapes={"batch": 1, "height": 64, "width": 96, "unknown": 5})
    assert session.get_inputs()[0].shape == [1, 3, 64, 96]
    with pytest.raises(Exception, match="invalid dimensions"):
        session.run(None, {"input": np.zeros((1, 3, 32, 96), np.float32)})


def test_options_keep_a_small_machine_quiet(model: Path) -> None:
    options = open_session(model.read_bytes(), Runtime(threads=3)).get_session_options()
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (3, 1)
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"
    assert options.log_severity_level == 3
    assert cv2.getNumThreads() == 1


def test_telemetry_is_off_before_onnxruntime_is_imported() -> None:
    """In a fresh interpreter, at the moment onnxruntime is first looked for."""
    program = (
        "import os, sys\n"
        "class Watch:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'onnxruntime': sys.stdout.write(os.environ.get('ORT_DISABLE_TELEMETRY', 'unset'))\n"
        "sys.meta_path.insert(0, Watch())\n"
        "import detectors.runtime\n"
    )
    environment = {key: value for key, value in os.environ.items() if key != "ORT_DISABLE_TELEMETRY"}
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, env=environment, capture_output=True, check=True)
    assert done.stdout == b"1"


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.onnx: no such model file"):
        open_session(tmp_path / "nowhere.onnx", Runtime())


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x08\x07\x12\x00" * 50])
def test_garbage_is_named(tmp_path: Path, content: bytes) -> None:
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


def test_silent_fall_back_is_an_error(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ONNX Runtime with CUDA built in, on a machine whose libraries are missing, runs on the CPU and returns."""
    real = ort.InferenceSession
    monkeypatch.setattr(ort, "get_available_providers", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"])
    monkeypatch.setattr(
        ort, "InferenceSession", lambda path, options, providers: real(path, options, ["CPUExecutionProvider"])
    )
    with pytest.raises(ValueError, match="cuda was asked for, but ONNX Runtime fell back"):
        open_session(model, Runtime(device="cuda"))


def test_settings_are_checked() -> None:
    with pytest.raises(ValueError, match="device: expected cpu or cuda, got 'tpu'"):
        Runtime(device="tpu")
    with pytest.raises(ValueError, match="threads: expected 1 or more, got 0"):
        Runtime(threads=0)
