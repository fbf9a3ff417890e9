"""THIRD_PARTY.md names every locked package, and reads licences as metadata gives them."""

from importlib.metadata import Distribution
from pathlib import Path
from typing import Any

import pytest

from install.brought import LOCKED, SERVING, closure, read_needs
from install.built_in import describe_libraries
from install.licence import NOT_SAID, choose, find_licence, homepage, of_installed, of_release
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


def test_the_libraries_inside_the_wheels_say_their_licences() -> None:
    assert "FFmpeg's libavcodec" in describe_libraries()


def test_needs_follow_our_own_extras_and_those_of_others() -> None:
    assert "psycopg-binary" in closure(["glimpse-faces[room]"], lambda extra: ["psycopg[binary]>=3.2"])
    assert "numpy" in closure(["opencv-python"], lambda extra: [])


def test_a_package_of_another_platform_is_brought_by_a_lock_file(tmp_path: Path) -> None:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "serving.txt").write_text("elsewhere==1 \\\n")
    (tmp_path / "pyproject.toml").write_text("[project]\ndependencies = ['numpy']\n[project.optional-dependencies]\n")
    assert read_needs(tmp_path) == {"numpy": [SERVING], "elsewhere": [LOCKED]}


@pytest.mark.parametrize(
    ("expression", "licence", "classifiers", "chosen"),
    [
        ("MIT", "other", ["License :: OSI Approved :: BSD License"], "MIT"),
        (None, "BSD-3-Clause", [], "BSD-3-Clause"),
        (None, "Copyright (c) 2010\nPermission is hereby …", ["License :: OSI Approved :: MIT License"], "MIT License"),
        (None, "x" * 5000, [], NOT_SAID),
        (None, "UNKNOWN", ["License :: OSI Approved"], NOT_SAID),
        (None, None, [], NOT_SAID),
        ("", "", ["License :: OSI Approved :: MIT License", "License :: Public Domain"], "MIT License; Public Domain"),
    ],
)
def test_a_licence_is_chosen(expression: str | None, licence: str | None, classifiers: list[str], chosen: str) -> None:
    assert choose(expression, licence, classifiers) == chosen


@pytest.mark.parametrize(
    ("page", "urls", "chosen"),
    [
        ("https://a.example", {"Source": "https://b.example"}, "https://a.example"),
        (None, {"Docs": "https://d.example", "Source": "https://b.example"}, "https://b.example"),
        ("UNKNOWN", {"Changelog": "https://c.example"}, "https://c.example"),
        (None, {}, NOT_SAID),
    ],
)
def test_a_homepage_is_chosen(page: str | None, urls: dict[str, str], chosen: str) -> None:
    assert homepage(page, urls) == chosen


class Bare(Distribution):
    """A package whose metadata says nothing but its name."""

    def read_text(self, filename: str) -> str | None:
        return "Metadata-Version: 2.1\nName: bare\nVersion: 1\n" if filename == "METADATA" else None

    def locate_file(self, path: Any) -> Any:
        return Path(path)


def test_a_package_that_says_nothing_is_told_so() -> None:
    found = of_installed(Bare())
    assert (found.expression, found.text, found.homepage) == (NOT_SAID, "no", NOT_SAID)


def test_an_installed_package_with_its_licence_text() -> None:
    found = find_licence("numpy")
    assert (found.name, found.text) == ("numpy", "yes")


def test_the_index_is_read_like_metadata() -> None:
    info = {"name": "a", "version": "1", "license": "MIT", "classifiers": [], "home_page": "", "project_urls": None}
    found = of_release(info)
    assert (found.expression, found.text, found.homepage) == ("MIT", "not seen", NOT_SAID)
