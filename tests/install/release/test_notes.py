"""The notes of a release are its section of the changelog."""

from pathlib import Path

import pytest

from install.release.notes import read_notes, split
from install.release.refusal import ReleaseError
from tests.conftest import REPOSITORY
from tests.install.release.repository import CHANGELOG


@pytest.fixture
def changelog(tmp_path: Path) -> Path:
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    return tmp_path / "CHANGELOG.md"


def test_a_section_ends_where_the_next_begins(changelog: Path) -> None:
    assert read_notes(changelog, "1.2.0") == "### Added\n\n- A thing."
    assert read_notes(changelog, "1.1.0") == "- Older."


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("[1.2.0]", "[1.3.0]", r"expected a section \[1\.2\.0\]"),
        (" - 2026-01-31", "", r"\[1\.2\.0\]: expected a date"),
        ("2026-01-31", "soon", r"\[1\.2\.0\]: expected a date"),
        ("### Added\n\n- A thing.\n", "", "and what changed"),
        ("## [Unreleased]\n", "## [Unreleased]\n\n- Not yet.\n", "changes stand under Unreleased"),
    ],
)
def test_what_is_wrong_is_told(changelog: Path, old: str, new: str, sentence: str) -> None:
    changelog.write_text(CHANGELOG.replace(old, new, 1))
    with pytest.raises(ReleaseError, match=sentence):
        read_notes(changelog, "1.2.0")


def test_every_version_of_this_project_has_a_date_and_a_text() -> None:
    sections = split((REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert len(sections) > 4
    del sections["Unreleased"]
    assert [version for version, (date, text) in sections.items() if not (date and text)] == []
