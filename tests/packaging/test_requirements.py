"""The locked requirements: complete, with hashes, and free of what belongs to one machine."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from install.index import read_lock
from tests.conftest import REPOSITORY

FOLDER = REPOSITORY / "requirements"
LOCKS = sorted(FOLDER.glob("*.txt"))
LINE = re.compile(r"[A-Za-z0-9_.-]+==[^ ]+( ; [^\\]+)? \\| {4}--hash=sha256:[0-9a-f]{64}( \\)?")
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = {
    "serving": [],
    "serving-headless": [],
    "demo": ["demo"],
    "test": ["test"],
    "dev": ["dev", "docs", "test", "distill"],
}
LEFT_OUT = {"torch", "torchvision", "glimpse-faces"}  # torch's build depends on the machine


def odd_lines(text: str) -> list[str]:
    """Lines that are neither a pinned package nor the hash of one: indexes, links, paths, addresses, options."""
    return [line for line in text.splitlines() if not LINE.fullmatch(line)]


def test_every_environment_has_a_lock() -> None:
    assert {path.stem for path in LOCKS} == set(EXTRAS)


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.stem)
def test_it_holds_packages_and_hashes_and_no_index_link_or_path(path: Path) -> None:
    assert odd_lines(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://packages.example/simple",
        "--extra-index-url file:///srv/simple",
        "-i https://packages.example/simple",
        "--find-links /opt/wheels",
        "-f /opt/wheels",
        "--trusted-host packages.example",
        "numpy @ file:///opt/wheels/numpy-2.0-py3-none-any.whl",
        "https://packages.example/numpy-2.0.tar.gz",
        "./wheels/numpy-2.0-py3-none-any.whl",
        "-e /home/somebody/glimpse",
        "-r /home/somebody/other.txt",
        "numpy==2.0",
        "# made in /home/somebody/glimpse",
    ],
)
def test_lines_of_one_machine_and_pins_without_hash_are_refused(line: str) -> None:
    assert odd_lines(line) == [line]


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.stem)
def test_it_satisfies_pyproject(path: Path) -> None:
    wanted = [*PROJECT["dependencies"]]
    for extra in EXTRAS[path.stem]:
        wanted += PROJECT["optional-dependencies"][extra]
    pins = {(canonicalize_name(pin.name), pin.version) for pin in read_lock(path)}
    for requirement in map(Requirement, wanted):
        name = canonicalize_name(requirement.name)
        if path.stem == "serving-headless" and name == "opencv-python":
            name = canonicalize_name("opencv-python-headless")
        versions = [version for pinned, version in pins if pinned == name]
        assert name in LEFT_OUT or versions, f"{requirement} is missing; run make lock"
        assert all(requirement.specifier.contains(version) for version in versions), f"{requirement}: run make lock"


def test_serving_brings_neither_torch_nor_what_the_tracker_library_brought() -> None:
    for stem in ("serving", "serving-headless"):
        names = {canonicalize_name(pin.name) for pin in read_lock(FOLDER / f"{stem}.txt")}
        assert not names & {"torch", "scipy", "matplotlib", "supervision", "trackers", "requests"}


def test_headless_has_one_opencv() -> None:
    names = {pin.name for pin in read_lock(FOLDER / "serving-headless.txt")}
    assert {name for name in names if name.startswith("opencv")} == {"opencv-python-headless"}


def test_make_says_what_it_downloads() -> None:
    rows = (FOLDER / "downloads.md").read_text(encoding="utf-8")
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    for name in set(re.findall(r"\(call say,([a-z-]+)\)", makefile)) | {"serving", "serving-headless"}:
        assert re.search(rf"^\| {name} \| \d+ \| \d+ \|$", rows, re.MULTILINE)
