"""Checkpoints: one file from which a training resumes, with what it was made with."""

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

COMMIT = Path(__file__).parents[2] / "COMMIT"  # in the code of a bundle, which is no repository


def save_checkpoint(path: Path, content: dict[str, Any]) -> None:
    """Replace the file at once: a killed process leaves the old checkpoint or the new one."""
    buffer = io.BytesIO()
    torch.save(content, buffer)
    write_atomic(path, buffer.getvalue())


def load_checkpoint(path: Path) -> dict[str, Any] | None:
    """Read a checkpoint to the CPU; None if there is no file. Only plain data and tensors are loaded."""
    if not path.exists():
        return None
    content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return content


def describe_run(processes: int) -> dict[str, Any]:
    """What a training is made with. Call it at the start: the working tree may change before the end."""
    return {"command": command(), "processes": processes, "environment": environment()}


def environment() -> dict[str, str]:
    """Versions and hardware on which results may depend, without the name of the machine."""
    return {
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "onnxruntime": onnxruntime.__version__,
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else platform.machine(),
        "commit": code_version(),
    }


def command() -> str:
    """The command line of this process, with the last part of each path only."""
    return shorten_command(shlex.join(["python", "-m", "distill", *sys.argv[1:]]))


def shorten_command(text: str) -> str:
    """A command line with the last part of each absolute path only, also of `key=/path`."""
    return shlex.join(_shorten_argument(argument) for argument in shlex.split(text))


def _shorten_argument(argument: str) -> str:
    key, equals, value = argument.rpartition("=")
    return f"{key}{equals}{_shorten_paths(value)}"


def plain_settings(settings: msgspec.Struct) -> dict[str, Any]:
    """The configuration as plain data, with the last part of each absolute path only."""
    plain: dict[str, Any] = _shorten_paths(msgspec.to_builtins(settings))
    return plain


def _shorten_paths(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shorten_paths(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_shorten_paths(inner) for inner in value]
    return Path(value).name if isinstance(value, str) and value.startswith("/") else value


def code_version() -> str:
    """The commit of this code: that of the repository, or that which a bundle recorded; otherwise `unknown`."""
    if COMMIT.is_file():
        return COMMIT.read_text().strip()
    describe = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"]
    try:
        return subprocess.run(describe, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
