"""Writes what is measured after a calibration into its file."""

from pathlib import Path

import msgspec
import yaml

from configs.read import load_yaml


def write_part(path: Path, name: str, part: msgspec.Struct) -> None:
    """Replace one part in a file of `glimpse calibrate`. Raises OSError, and ValueError for another file."""
    content = load_yaml(path)
    calibration = content.get("calibration")
    if not isinstance(calibration, dict):
        raise ValueError(f"{path}: expected a file of glimpse calibrate")
    calibration[name] = msgspec.to_builtins(part)
    path.write_text(yaml.safe_dump(content, sort_keys=False, default_flow_style=None), encoding="utf-8")
