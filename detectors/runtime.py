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

__all__ = ["Runtime", "count_cores", "open_session"]

cv2.setNumThreads(1)  # OpenCV's own pool wakes all cores for every small resize

DEVICES = ("auto", "cpu", "openvino", "cuda", "tensorrt", "coreml")
_PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
}
_PREFERRED = ("cuda", "openvino", "cpu")  # by `auto`; TensorRT builds engines for minutes, CoreML was never tried
_INSTALL = {
    "openvino": "pip uninstall onnxruntime, then pip install onnxruntime-openvino",
    "cuda": "pip uninstall onnxruntime, then pip install 'onnxruntime-gpu[cuda,cudnn]'",
    "tensorrt": "pip uninstall onnxruntime, then pip install 'onnxruntime-gpu[cuda,cudnn]' tensorrt",
    "coreml": "pip install onnxruntime on macOS",
}
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
    """Where networks run: `device` is one of DEVICES, `threads` how many threads one network may use.

    auto: the first of CUDA, OpenVINO and CPU that this ONNX Runtime has.
    """

    device: str = "cpu"
    threads: int = 1

    def __post_init__(self) -> None:
        if self.device not in DEVICES:
            raise ValueError(f"device: expected {', '.join(DEVICES)}, got {self.device!r}")
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
    options = _options(runtime, shapes or {})
    for wanted in _find_providers(runtime):
        try:
            session = ort.InferenceSession(model, options, providers=[(wanted, _provider_options(wanted, runtime))])
        except _UNREADABLE as error:
            raise ValueError(f"{label}: not an ONNX model that ONNX Runtime can run ({_first_line(error)})") from error
        if wanted in session.get_providers():
            return session
    raise ValueError(
        f"device: {runtime.device} was asked for, but ONNX Runtime fell back to {session.get_providers()}; "
        "its libraries are missing or do not fit the driver"
    )


def _find_providers(runtime: Runtime) -> list[str]:
    """The execution providers to try. Raises ValueError where this ONNX Runtime does not have the device's."""
    available = ort.get_available_providers()
    if runtime.device == "auto":
        return [_PROVIDERS[device] for device in _PREFERRED if _PROVIDERS[device] in available]
    wanted = _PROVIDERS[runtime.device]
    if wanted not in available:
        raise ValueError(
            f"device: {runtime.device} needs {wanted}, this ONNX Runtime has {', '.join(available)}; "
            f"to get it: {_INSTALL[runtime.device]}"
        )
    return [wanted]


def _provider_options(provider: str, runtime: Runtime) -> dict[str, str]:
    """OpenVINO has threads of its own, which the options of a session do not limit."""
    if provider != _PROVIDERS["openvino"]:
        return {}
    return {"device_type": "CPU", "num_of_threads": str(runtime.threads)}


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
