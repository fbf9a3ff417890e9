"""One file from which a training goes on: weights, optimiser, how far it came, and what it was made with."""

import io
import platform
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnxruntime
import torch

from distill.data.store import write_atomic


def save_checkpoint(path: Path, content: dict[str, Any]) -> None:
    """Replace the file at once: a kill leaves the old checkpoint or the new one."""
    buffer = io.BytesIO()
    torch.save(content, buffer)
    write_atomic(path, buffer.getvalue())


def load_checkpoint(path: Path) -> dict[str, Any] | None:
    """What was saved, on the CPU, or None where nothing was. Only plain data and tensors are read."""
    if not path.exists():
        return None
    content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return content


def environment() -> dict[str, str]:
    """What figures may depend on, without naming the machine."""
    return {
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "onnxruntime": onnxruntime.__version__,
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else platform.machine(),
        "commit": _commit(),
    }


def command() -> str:
    """How this process was called, its paths cut to their last part."""
    return shlex.join(["python", "-m", "distill", *(str(_bare(one)) for one in sys.argv[1:])])


def plain_settings(settings: msgspec.Struct) -> dict[str, Any]:
    """The configuration as plain data, its paths cut to their last part: they say nothing to another machine."""
    found: dict[str, Any] = _bare(msgspec.to_builtins(settings))
    return found


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _bare(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_bare(inner) for inner in value]
    return Path(value).name if isinstance(value, str) and value.startswith("/") else value


def _commit() -> str:
    folder = Path(__file__).parent
    asked = ["git", "-C", str(folder), "describe", "--always", "--dirty"]
    try:
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
