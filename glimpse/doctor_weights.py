"""Compares the models that ship with the hashes that the installation has of them."""

import base64
import hashlib
from importlib import metadata
from pathlib import Path

from glimpse.doctor import Finding, Health

DISTRIBUTION = "glimpse-faces"


def examine_weights() -> Finding:
    """Every ONNX file of the installed wheel against its record; a clone has none, and Git compares there."""
    try:
        files = metadata.files(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        files = []
    recorded = [file for file in files if file.suffix == ".onnx" and file.hash and file.hash.mode == "sha256"]
    if not recorded:
        return Finding("shipped models", Health.GOOD, "in a clone; calibrations are bound to their hashes")
    changed = [file.name for file in recorded if file.hash and _hash(Path(str(file.locate()))) != file.hash.value]
    if changed:
        advice = "install Glimpse again: pip install --force-reinstall --no-deps . in a clone, or see docs/install.md"
        return Finding("shipped models", Health.BROKEN, f"changed or missing: {', '.join(changed)}", advice)
    return Finding("shipped models", Health.GOOD, f"{len(recorded)} files are as they were installed")


def _hash(path: Path) -> str:
    """As wheels record it: SHA-256 in base64 for URLs, without padding (PEP 427)."""
    if not path.is_file():
        return ""
    return base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).rstrip(b"=").decode()
