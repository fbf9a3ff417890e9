"""What brings each package: serving, an extra, or a lock file alone."""

from pathlib import Path

import pytest

from install import brought
from install.brought import LOCKED, SERVING, closure, read_needs

NEEDS = {
    "a": ["b>=1", "c ; extra == 'more'", "d ; sys_platform == 'nowhere'", "e ; python_version >= '3'"],
    "b": ["a"],  # a circle
    "c": ["f"],
    "Odd_Name": [],
}


@pytest.fixture
def _packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brought, "requirements_of", lambda name: NEEDS.get(name, []))


def none(extra: str) -> list[str]:
    return []


def test_needs_follow_our_own_extras_and_those_of_others() -> None:
    assert "psycopg-binary" in closure(["glimpse-faces[room]"], lambda extra: ["psycopg[binary]>=3.2"])
    assert "numpy" in closure(["opencv-python"], lambda extra: [])


def test_a_package_of_another_platform_is_brought_by_a_lock_file(tmp_path: Path) -> None:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "serving.txt").write_text("elsewhere==1 \\\n")
    (tmp_path / "pyproject.toml").write_text("[project]\ndependencies = ['numpy']\n[project.optional-dependencies]\n")
    assert read_needs(tmp_path) == {"numpy": [SERVING], "elsewhere": [LOCKED]}


@pytest.mark.usefixtures("_packages")
def test_needs_of_needs_are_followed_where_their_markers_hold() -> None:
    assert closure(["a"], none) == {"a", "b", "e"}
    assert closure(["a[more]"], none) == {"a", "b", "c", "e", "f"}
    assert closure([], none) == set()


@pytest.mark.usefixtures("_packages")
def test_a_need_of_another_platform_is_none_here() -> None:
    assert closure(["b ; sys_platform == 'nowhere'"], none) == set()
    assert closure(["c ; python_version >= '3'"], none) == {"c", "f"}


@pytest.mark.usefixtures("_packages")
def test_names_are_canonical_and_our_own_is_left_out() -> None:
    assert closure(["Odd.Name", "glimpse-faces"], none) == {"odd-name"}


@pytest.mark.usefixtures("_packages")
def test_an_extra_that_names_itself_ends() -> None:
    assert closure(["glimpse-faces[all]"], lambda extra: ["glimpse-faces[all]", "c"]) == {"c", "f"}


@pytest.mark.usefixtures("_packages")
def test_a_package_that_several_bring_names_them_all(tmp_path: Path) -> None:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "all.txt").write_text("c==1 \\\nF==2 \\\nlone==3 ; sys_platform == 'x' \\\n")
    (tmp_path / "pyproject.toml").write_text(
        "[project]\ndependencies = ['f']\n"
        "[project.optional-dependencies]\nmore = ['c']\nall = ['glimpse-faces[more]']\n"
    )
    assert read_needs(tmp_path) == {"f": [SERVING, "more", "all"], "c": ["more", "all"], "lone": [LOCKED]}
