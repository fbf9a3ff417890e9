"""What lies beside the packages of a release: the bill of materials, the notes, and the hashes of all of it."""

import hashlib
import sys
from pathlib import Path

from install.release.packages import run

SUMS = "SHA256SUMS"


def write_bill(lock: Path, pyproject: Path, path: Path) -> None:
    """Write the packages of a lock file as CycloneDX JSON. Raises ReleaseError where cyclonedx-py fails.

    https://cyclonedx.org/specification/overview/
    """
    flags = ["--output-reproducible", "--output-format", "JSON", "--output-file", str(path)]
    command = [sys.executable, "-m", "cyclonedx_py", "requirements", "--pyproject", str(pyproject), *flags, str(lock)]
    run(command, "cyclonedx-py")


def write_sums(folder: Path) -> Path:
    """Write the SHA-256 of every file of the folder in the form that `sha256sum --check` reads."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name != SUMS)
    lines = (f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files)
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")
    return folder / SUMS
