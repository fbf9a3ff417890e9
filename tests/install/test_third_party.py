"""THIRD_PARTY.md names every locked package, with a licence and with what brings it."""

from pathlib import Path

import pytest

from install.brought import SERVING
from install.third_party import PAGE, find_missing, main
from tests.conftest import REPOSITORY

ROWS = [line.split(" | ") for line in PAGE.read_text(encoding="utf-8").splitlines() if line.count("|") == 7][2:]


def test_every_locked_package_stands_in_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    assert capsys.readouterr().out == ""


def test_a_locked_package_that_the_page_lacks_is_named(tmp_path: Path) -> None:
    (tmp_path / "serving.txt").write_text("numpy==2.0 \\\nnew-thing==1.0 \\\n")
    assert find_missing(PAGE.read_text(encoding="utf-8"), tmp_path) == [("new-thing", "serving.txt")]


def test_every_row_has_a_licence_or_says_that_there_is_none() -> None:
    assert len(ROWS) > 100
    assert all(cell.strip(" |") for row in ROWS for cell in row)
    assert {row[3] for row in ROWS} <= {"yes", "no", "not seen"}


def test_every_extra_and_serving_bring_packages() -> None:
    brought = {group for row in ROWS for group in row[4].split(", ")}
    assert {SERVING, "room", "cluster", "million", "demo", "heic", "packs", "supervision", "distill"} <= brought


def test_what_is_vendored_in_the_wheel_is_named() -> None:
    text = PAGE.read_text(encoding="utf-8")
    vendored = [path.name for path in (REPOSITORY / "pipeline/web/static/vendor").iterdir() if path.suffix == ".js"]
    assert vendored
    assert all(f"`{name}`" in text for name in vendored)
