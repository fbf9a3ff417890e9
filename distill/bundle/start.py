"""Starts a bundled training on another machine: checks the parts, unpacks them, and runs `python -m distill train`.

    sh start.sh [--student NAME] [key=value …]

It needs Python 3.11 and the packages in README.md, and no network. What it needs of this project is in the parts. Run
again, it goes on from the last checkpoint. Only the standard library is imported before the parts are unpacked.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

HERE = Path(__file__).resolve().parent
RUN = HERE / "run"  # everything that is unpacked and made


class Parts:
    """Reads the parts as one stream and checks each one's hash before its first byte is used."""

    def __init__(self, folder: Path, parts: list[dict[str, object]]) -> None:
        self._chunks = self._read(folder, parts)
        self._rest = b""

    def read(self, count: int) -> bytes:
        """The next `count` bytes, fewer at the end."""
        while len(self._rest) < count:
            chunk = next(self._chunks, b"")
            if not chunk:
                break
            self._rest += chunk
        data, self._rest = self._rest[:count], self._rest[count:]
        return data

    def _read(self, folder: Path, parts: list[dict[str, object]]) -> Iterator[bytes]:
        for part in parts:
            path = folder / str(part["name"])
            if not path.is_file():
                raise SystemExit(f"{path.name}: this part is missing; expected {len(parts)} parts beside start.py")
            if _sha256(path) != part["sha256"]:
                raise SystemExit(f"{path.name}: this part is damaged; copy it again")
            with path.open("rb") as file:
                while chunk := file.read(1 << 20):
                    yield chunk


def main(arguments: list[str]) -> int:
    """Unpack what is missing, label the faces and train; returns the exit code of the training."""
    manifest = json.loads((HERE / "bundle.json").read_text())
    unpack(manifest)
    places = [str(RUN / "code"), str(RUN / "packages"), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, places))}
    overrides = [word for word in arguments if "=" in word and not word.startswith("-")]
    commands = [["distill.bundle.faces", str(RUN)], ["distill", "label", "config.yaml", *overrides]]
    students = [word for name in manifest["students"] for word in ("--student", name)]
    chosen = arguments if "--student" in arguments else [*students, *arguments]
    for command in [*commands, ["distill", "train", "config.yaml", *chosen]]:
        code = subprocess.call([sys.executable, "-m", *command], cwd=RUN, env=environment)
        if code:
            return code
    print(f"trained; bring back {RUN}/students and bundle.json for `python -m distill collect`")  # noqa: T201
    return 0


def unpack(manifest: dict[str, list[dict[str, object]]]) -> None:
    """Check and unpack the parts, unless that was done; an interrupted unpacking starts again."""
    if RUN.exists():
        return
    partial = HERE / "run.partial"
    shutil.rmtree(partial, ignore_errors=True)
    stream = cast(IO[bytes], Parts(HERE, manifest["parts"]))  # a stream needs `read` alone
    with tarfile.open(fileobj=stream, mode="r|") as tar:
        if hasattr(tarfile, "data_filter"):
            tar.extractall(partial, filter="data")
        else:  # Python 3.11 before 3.11.4; the hashes of the parts have been checked
            tar.extractall(partial)  # nosec B202
    _install_wheels(partial)
    partial.rename(RUN)


def _install_wheels(folder: Path) -> None:
    """Install the packages that came as wheels into a folder of the bundle, not into the environment."""
    wheels = [str(path) for path in sorted((folder / "wheels").glob("*.whl"))]
    if wheels:
        pip = [sys.executable, "-m", "pip", "install", "--no-index", "--no-deps", "--quiet"]
        subprocess.check_call([*pip, "--target", str(folder / "packages"), *wheels])


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
