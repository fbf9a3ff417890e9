"""What a package says of its licence, as metadata or the index give it."""

from importlib.metadata import Distribution, PackageNotFoundError, PackagePath
from pathlib import Path
from typing import Any

import pytest

from install import licence
from install.licence import NOT_SAID, Licence, choose, find_licence, has_text, homepage, of_installed, of_release


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


def test_a_package_that_is_not_installed_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> Distribution:
        raise PackageNotFoundError(name)

    asked: list[str] = []
    info = {"name": "A", "version": "2", "license_expression": "MIT", "home_page": None, "project_urls": {"x": "u"}}
    monkeypatch.setattr(licence, "distribution", absent)
    monkeypatch.setattr(licence, "newest_release", lambda name: asked.append(name) or info)
    found = find_licence("a")
    assert asked == ["a"]
    assert found == Licence("A", "2", "MIT", "not seen", "u")


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (["a-1.dist-info/LICENSE"], True),
        (["a-1.dist-info/licenses/deep/COPYING.txt"], True),
        (["a/NOTICE.md"], True),
        (["a/vendor/b/LICENSE"], False),  # of somebody else
        (["a/licence.py", "a/licenses.pyc"], False),
        (["a/code.py"], False),
        (None, False),
    ],
)
def test_the_text_of_a_licence_is_a_file_of_its_own(files: list[str] | None, found: bool) -> None:
    class WithFiles(Bare):
        @property
        def files(self) -> list[PackagePath] | None:
            return None if files is None else [PackagePath(name) for name in files]

    assert has_text(WithFiles()) is found
