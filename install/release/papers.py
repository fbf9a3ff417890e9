"""What lies beside the packages of a release: the bill of materials, the notes, and the hashes of all of it."""

import hashlib
import sys
import tempfile
from pathlib import Path

from install.release.packages import run

SUMS = "SHA256SUMS"
DYNAMIC = 'dynamic = ["version"]'  # cyclonedx-py looks for a version nowhere else


def write_bill(root: Path, version: str, path: Path) -> None:
    """Write the packages of requirements/serving.txt as CycloneDX JSON. Raises ReleaseError where cyclonedx-py fails.

    https://cyclonedx.org/specification/overview/
    """
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "pyproject.toml"
        text = (root / "pyproject.toml").read_text(encoding="utf-8")
        project.write_text(text.replace(DYNAMIC, f'version = "{version}"'), encoding="utf-8")
        flags = ["--pyproject", str(project), "--output-reproducible", "--output-format", "JSON"]
        command = [sys.executable, "-W", "ignore", "-m", "cyclonedx_py", "requirements", *flags]
        run([*command, "--output-file", str(path), str(root / "requirements" / "serving.txt")], "cyclonedx-py")


def write_sums(folder: Path) -> Path:
    """Write the SHA-256 of every file of the folder in the form that `sha256sum --check` reads."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name != SUMS)
    lines = (f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files)
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")
    return folder / SUMS
