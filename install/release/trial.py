"""Installs a package into a new virtual environment and runs it there, in a folder that is not the clone."""

import json
import os
import shutil
import sys
from pathlib import Path

from install.release.packages import run
from install.release.refusal import ReleaseError

PERSON = "Hedy"
LEFT_OUT = ("PYTHON", "GLIMPSE")  # variables that begin so lead back to the clone, or change settings


def environment() -> dict[str, str]:
    """The variables of this process that a stranger would have too."""
    return {name: value for name, value in os.environ.items() if not name.startswith(LEFT_OUT)}


def install(package: Path, folder: Path, *, lock: Path | None, packages: Path | None = None) -> Path:
    """A new environment in `folder` with the package in it; returns its folder of programs.

    lock: the file that pins what the package needs.  packages: a folder of installed packages, to be used instead.
    Raises ReleaseError where pip fails.
    """
    run([sys.executable, "-m", "venv", str(folder)], "venv")
    python = str(folder / "bin" / "python")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if lock:
        run([*pip, "--requirement", str(lock)], "pip install", env=environment())
    run([*pip, "--no-deps", "--no-index", str(package)], f"pip install {package.name}", env=environment())
    if packages:  # after pip, which would find the program there too
        own = next(folder.glob("lib/python*/site-packages"))
        (own / "needs.pth").write_text(f"{packages}\n", encoding="utf-8")
    return folder / "bin"


def try_out(programs: Path, photograph: Path, folder: Path, version: str) -> None:
    """Ask for the version, examine the machine, enrol a person and find him or her in a photograph, all in `folder`.

    Raises ReleaseError where a command fails or answers something else.
    """
    said = _glimpse(programs, folder, "--version").strip()
    if version not in said.split():
        raise ReleaseError(f"glimpse --version: {said!r}: expected {version}")
    _glimpse(programs, folder, "doctor")
    faces = folder / "faces" / PERSON
    faces.mkdir(parents=True)
    shutil.copy(photograph, faces)
    _glimpse(programs, folder, "enroll", "faces", "--gallery", "people.db", "--review", "review.html")
    answer = _glimpse(programs, folder, "who", str(faces / photograph.name), "--gallery", "people.db", "--json")
    names = [face["name"] for face in json.loads(answer)["faces"]]
    if names != [PERSON]:
        raise ReleaseError(f"glimpse who: named {names}: expected {PERSON}")


def _glimpse(programs: Path, folder: Path, *arguments: str) -> str:
    return run([str(programs / "glimpse"), *arguments], f"glimpse {arguments[0]}", cwd=folder, env=environment())
