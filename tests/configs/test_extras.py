"""Errors say in one form which extra to install, and never one that asks a package index for Glimpse."""

import re
import tomllib
from pathlib import Path

import pytest

from configs.extras import PAGE, install_extra
from tests.command_lines import find_mistake

ROOT = Path(__file__).parents[2]
PACKAGES = ("configs", "detectors", "distill", "glimpse", "pipeline", "recognizer")
SOURCES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
ASKED = re.compile(r"install_extra\(['\"](\w+)['\"]\)")


def test_the_sentence_ends_with_a_command_and_a_page_that_has_the_other_ways() -> None:
    command, page = install_extra("room").split(" in a clone, or see ")
    assert find_mistake(command) == ""
    assert page == PAGE
    assert "## Extras" in (ROOT / PAGE).read_text(encoding="utf-8")


def test_errors_name_extras_that_there_are() -> None:
    asked = {extra for path in SOURCES for extra in ASKED.findall(path.read_text(encoding="utf-8"))}
    assert {"room", "cluster"} <= asked <= EXTRAS.keys()


@pytest.mark.parametrize("package", PACKAGES)
def test_no_sentence_asks_an_index_for_glimpse(package: str) -> None:
    sources = {path: path.read_text(encoding="utf-8") for path in SOURCES if path.relative_to(ROOT).parts[0] == package}
    assert [path for path, text in sources.items() if re.search(r"glimpse-faces\[|install glimpse-faces", text)] == []
