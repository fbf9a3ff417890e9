"""Where the pages of the documentation are said to lie."""

from importlib import metadata
from pathlib import Path

import pytest

from pipeline import documentation
from pipeline.documentation import find_page, find_pages
from tests.conftest import REPOSITORY


class Installed(metadata.PackagePath):
    """A file of an installation, somewhere."""

    root = Path()

    def locate(self) -> Path:
        return self.root / self


@pytest.fixture(autouse=True)
def _unknown() -> None:
    find_pages.cache_clear()


def test_a_clone_has_them_in_docs() -> None:
    assert find_page("legal.md") == str(REPOSITORY / "docs" / "legal.md")


def test_an_installation_has_them_where_its_record_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "env" / "share" / "doc" / "glimpse-faces"
    (tmp_path / "site" / "docs").mkdir(parents=True)  # of another package
    folder.mkdir(parents=True)
    monkeypatch.setattr(Installed, "root", tmp_path / "site")
    record = [Installed("docs/legal.md"), Installed("../env/share/doc/glimpse-faces/legal.md")]
    monkeypatch.setattr(documentation.metadata, "files", lambda _: record)
    assert find_pages(tmp_path / "site") == folder


@pytest.mark.parametrize("record", [None, [], [Installed("glimpse/legal.md")]])
def test_without_pages_a_message_names_the_page(
    record: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documentation.metadata, "files", lambda _: record)
    assert find_pages(tmp_path) is None
    monkeypatch.setattr(documentation, "find_pages", lambda: None)
    assert find_page("legal.md") == "the page legal.md of the documentation of Glimpse"


def test_without_a_record_there_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_: str) -> None:
        raise metadata.PackageNotFoundError

    monkeypatch.setattr(documentation.metadata, "files", none)
    assert find_pages(tmp_path) is None
