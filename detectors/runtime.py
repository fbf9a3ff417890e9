"""Opens ONNX Runtime sessions with settings for many small networks on few cores.

By default, ONNX Runtime sends telemetry (since 1.29), spins idle threads at full load, and uses more memory with every
new input shape. So shapes are fixed here, and detectors/environment.py sets the environment before the import.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

cv2.setNumThreads(1)  # OpenCV's own pool wakes all cores for every small resize

_PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}
_UNREADABLE = (
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
)
_ERRORS_ONLY = 3  # warnings about unused initializers would flood stderr, one per weight and session


@dataclass(frozen=True)
class Runtime:
    """Where networks run: `device` is cpu or cuda, `threads` how many threads one network may use."""

    device: str = "cpu"
    threads: int = 1

    def __post_init__(self) -> None:
        if self.device not in _PROVIDERS:
            raise ValueError(f"device: expected {' or '.join(_PROVIDERS)}, got {self.device!r}")
        if self.threads < 1:
            raise ValueError(f"threads: expected 1 or more, got {self.threads}")


def count_cores() -> int:
    """The processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def open_session(
    model: Path | bytes, runtime: Runtime, *, shapes: Mapping[str, int] | None = None
) -> ort.InferenceSession:
    """Open a network; `shapes` fixes its free dimensions by name, names the model does not have are ignored.

    Raises FileNotFoundError for a missing file and ValueError for one that is no ONNX model or for a device that
    is not there (also when ONNX Runtime would fall back to the CPU without a word).
    """
    label = "model given as bytes" if isinstance(model, bytes) else str(model)
    if isinstance(model, Path) and not model.is_file():
        raise FileNotFoundError(f"{label}: no such model file")
    wanted = _available(runtime)
    try:
        session = ort.InferenceSession(model, _options(runtime, shapes or {}), providers=[wanted])
    except _UNREADABLE as error:
        raise ValueError(f"{label}: not an ONNX model that ONNX Runtime can run ({_first_line(error)})") from error
    if wanted not in session.get_providers():
        raise ValueError(
            f"device: {runtime.device} was asked for, but ONNX Runtime fell back to {session.get_providers()}; "
            "its CUDA and cuDNN libraries are missing or do not fit the driver"
        )
    return session


def _available(runtime: Runtime) -> str:
    wanted, available = _PROVIDERS[runtime.device], ort.get_available_providers()
    if wanted not in available:
        raise ValueError(
            f"device: {runtime.device} needs {wanted}, this ONNX Runtime has {', '.join(available)}; "
            "for CUDA: pip uninstall onnxruntime, then pip install 'onnxruntime-gpu[cuda,cudnn]'"
        )
    return wanted


def _options(runtime: Runtime, shapes: Mapping[str, int]) -> ort.SessionOptions:
    """Arena and memory patterns stay on: with one shape per session they plan memory once and never grow."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = runtime.threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    for name, size in shapes.items():
        options.add_free_dimension_override_by_name(name, size)
    return options


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:200]
