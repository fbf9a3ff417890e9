"""Makes the files of an earlier version with that version's own code: `python -m tests.upgrade.make_files VERSION`.

A git worktree of the version's last commit is made for the moment, and `tests/upgrade/written_by.py` runs in it. The
files come out compressed in tests/upgrade/files/VERSION. Needs the history of this repository, and the packages of the
extra `room`.
"""

import argparse
import gzip
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILES = Path(__file__).parent / "files"
COMMITS = {"0.1.0": "1cf9f48^", "0.2.0": "a7cc515^", "0.3.0": "8f99b9c^", "0.4.0": "5c0517c"}
"""The last commit that had each version in `pipeline/version.py`; of 0.4.0, the one these files were made at."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the files of one version anew; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.upgrade.make_files", description=__doc__)
    parser.add_argument("version", metavar="VERSION", choices=COMMITS)
    version = parser.parse_args(arguments).version
    with tempfile.TemporaryDirectory(prefix="glimpse-upgrade-") as folder:
        out, tree = Path(folder, "out"), Path(folder, "tree")
        out.mkdir()
        _git("worktree", "add", "--detach", str(tree), COMMITS[version])
        try:
            _write(tree, out)
        finally:
            _git("worktree", "remove", "--force", str(tree))
        _compress(out, FILES / version)
    return 0


def _write(tree: Path, out: Path) -> None:
    """Run the code of the version: nothing of this tree is imported but the one script."""
    environment = {name: value for name, value in os.environ.items() if name != "GLIMPSE_KEY"}
    script = Path(__file__).with_name("written_by.py")
    command = [sys.executable, str(script), str(out), str(ROOT / "docs" / "faces")]
    subprocess.run(command, cwd=tree, env=environment | {"PYTHONPATH": str(tree)}, check=True)


def _compress(out: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for path in sorted(file for file in out.rglob("*") if file.is_file()):
        target = folder / f"{path.relative_to(out)}.gz"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(gzip.compress(path.read_bytes(), mtime=0))


def unpack(version: str, folder: Path) -> Path:
    """The files of a version as that version left them, in a folder below this one."""
    target = folder / version
    for path in sorted((FILES / version).rglob("*.gz")):
        file = target / path.relative_to(FILES / version).with_suffix("")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(gzip.decompress(path.read_bytes()))
        file.chmod(0o600)
    return target


def _git(*words: str) -> None:
    subprocess.run(["git", "-C", str(ROOT), *words], check=True, capture_output=True)


if __name__ == "__main__":
    sys.exit(main())
