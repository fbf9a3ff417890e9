"""A small repository of its own, to release from."""

import subprocess
from pathlib import Path

CHANGELOG = """\
# Changelog

## [Unreleased]

## [1.2.0] - 2026-01-31

### Added

- A thing.

## [1.1.0] - 2026-01-01

- Older.
"""
NAMES = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")


def git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *NAMES, *arguments], cwd=root, check=True, capture_output=True, text=True).stdout


def make_repository(root: Path) -> Path:
    """One commit with a changelog."""
    root.mkdir()
    git(root, "init", "--quiet")
    (root / "CHANGELOG.md").write_text(CHANGELOG)
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "first")
    return root
