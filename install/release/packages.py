"""Builds wheel and sdist from what git has committed, and checks their size and their metadata."""

import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

from install.release.refusal import ReleaseError
from install.release.state import git

LARGEST_WHEEL_MB = 15.0
MEGABYTE = 1e6


def export_commit(root: Path, folder: Path) -> int:
    """Unpack the files of the current commit into `folder`: a build in the tree would take up what lies about there.

    Returns the time of the commit, in seconds since 1970.
    """
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=root, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    return int(git(root, "log", "-1", "--format=%ct"))


def build(source: Path, out: Path, *, time: int) -> tuple[Path, Path]:
    """Build an sdist, and a wheel from that sdist. Returns wheel and sdist. Raises ReleaseError where it fails.

    Needs the build back end in this environment, so that its locked version builds.  time: of all files in the wheel,
    seconds since 1970, so that a second build gives the same bytes (https://reproducible-builds.org/specs/source-date-epoch/).
    """
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(source)]
    run(command, "build", env=os.environ | {"SOURCE_DATE_EPOCH": str(time)})
    return only(out, "*.whl"), only(out, "*.tar.gz")


def check_size(wheel: Path, limit_mb: float = LARGEST_WHEEL_MB) -> float:
    """The wheel's size in MB. Raises ReleaseError where it is above the limit."""
    size = wheel.stat().st_size / MEGABYTE
    if size > limit_mb:
        raise ReleaseError(f"{wheel.name}: {size:.1f} MB: expected at most {limit_mb:g} MB")
    return size


def check_metadata(packages: list[Path]) -> None:
    """Raises ReleaseError where the package index would refuse the metadata (`twine check`)."""
    run([sys.executable, "-m", "twine", "check", "--strict", *map(str, packages)], "twine check")


def only(folder: Path, pattern: str) -> Path:
    """The one file of this pattern. Raises ReleaseError where there are more or fewer."""
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise ReleaseError(f"{folder.name}: expected one file {pattern}, found {len(found)}")
    return found[0]


def run(command: list[str], name: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    """Output of a command. Raises ReleaseError with its last line where it fails or is not installed."""
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()
        raise ReleaseError(f"{name}: exit code {done.returncode}: {lines[-1].strip()}")
    return done.stdout
