"""How much room a camera box needs."""

import platform
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from install.size import MEGABYTE, closure, measure, size_table
from tests.conftest import REPOSITORY

LIMIT_MB = 480  # with opencv-python
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OWN_MB = 15  # the wheel, unpacked: 3 of it cohorts, half a megabyte pages of the documentation; test_wheel.py


@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64", reason="wheels of other platforms have other sizes"
)
def test_serving_stays_within_its_room() -> None:
    for requirement in map(Requirement, PROJECT["dependencies"]):
        if not requirement.specifier.contains(version(requirement.name)):
            pytest.skip(f"this environment does not fit pyproject.toml: {requirement}")
    sizes = measure(closure(PROJECT["dependencies"]))
    assert sum(sizes.values()) / MEGABYTE + OWN_MB < LIMIT_MB, f"\n{size_table(sizes)}"


def test_the_table_shows_the_five_largest_and_the_sum() -> None:
    sizes = {f"p{number}": number * 1_000_000 for number in range(1, 8)}
    lines = size_table(sizes).splitlines()[2:]
    assert lines == ["| p7 | 7 |", "| p6 | 6 |", "| p5 | 5 |", "| p4 | 4 |", "| p3 | 3 |", "| all 7 packages | 28 |"]


def test_what_is_no_environment_is_refused_with_a_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "install.size", str(tmp_path)]
    found = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert found.returncode == 2
    assert "environment: expected the folder of a virtual environment" in found.stderr
