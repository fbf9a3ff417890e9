"""What must hold of the repository before a release: nothing uncommitted, a section of the changelog, no such tag."""

import re
import subprocess
from pathlib import Path

from install.release.refusal import ReleaseError

VERSION = re.compile(r"\d+\.\d+\.\d+")


def git(root: Path, *arguments: str) -> str:
    """Output of a git command. Raises ReleaseError with git's own last line where it fails."""
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ReleaseError(f"git {arguments[0]}: {(done.stderr.strip().splitlines() or ['failed'])[-1]}")
    return done.stdout


def check_version(version: str) -> None:
    """Raises ReleaseError where the version is not three numbers."""
    if not VERSION.fullmatch(version):
        raise ReleaseError(f"pipeline/version.py: {version!r}: expected three numbers, such as 1.2.3")


def check_clean(root: Path) -> None:
    """Raises ReleaseError where the working tree holds changes or files that git does not know."""
    changed = git(root, "status", "--porcelain").splitlines()
    if changed:
        raise ReleaseError(f"working tree: {changed[0][3:]} is not committed ({len(changed)} in all): commit or remove")


def check_untagged(root: Path, version: str) -> None:
    """Raises ReleaseError where the version has a tag."""
    if git(root, "tag", "--list", tag_of(version)).strip():
        raise ReleaseError(f"tag {tag_of(version)} exists: raise the version in pipeline/version.py")


def tag_of(version: str) -> str:
    """The name of a version's tag."""
    return f"v{version}"
