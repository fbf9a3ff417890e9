"""A release is refused, with a sentence, unless the tree is clean, the version has a section and its tag is free."""

from pathlib import Path

import pytest
from rich.console import Console

from install.release import __main__ as release
from install.release.refusal import ReleaseError
from install.release.state import check_clean, check_untagged, check_version
from tests.install.release.repository import git, make_repository


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "clone")


def test_a_clean_tree_with_a_section_and_no_tag_may_be_released(root: Path) -> None:
    assert release.check(root, "1.2.0") == "### Added\n\n- A thing."


def test_a_changed_file_is_named(root: Path) -> None:
    (root / "CHANGELOG.md").write_text("other\n")
    with pytest.raises(ReleaseError, match=r"^working tree: CHANGELOG\.md is not committed \(1 in all\)"):
        check_clean(root)


def test_a_file_that_git_does_not_know_is_named(root: Path) -> None:
    (root / "new.py").touch()
    with pytest.raises(ReleaseError, match=r"new\.py is not committed"):
        release.check(root, "1.2.0")


def test_a_tag_that_exists_is_told(root: Path) -> None:
    git(root, "tag", "v1.2.0")
    with pytest.raises(ReleaseError, match=r"^tag v1\.2\.0 exists"):
        check_untagged(root, "1.2.0")
    check_untagged(root, "1.2.1")


@pytest.mark.parametrize("version", ["1.2", "1.2.0rc1", "", "v1.2.0", "1.2.0 "])
def test_a_version_has_three_numbers(version: str) -> None:
    with pytest.raises(ReleaseError, match="expected three numbers"):
        check_version(version)


def test_a_folder_that_is_no_repository_is_told_in_words_of_git(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match=r"^git status: .*not a git repository"):
        check_clean(tmp_path)


def test_the_tag_holds_the_notes_with_their_headings(root: Path) -> None:
    for name, value in (("user.name", "A"), ("user.email", "a@example.org")):
        git(root, "config", name, value)
    release.finish(root, "1.2.0", "### Added\n\n- A thing.", Console(quiet=True), dry_run=False)
    assert git(root, "cat-file", "-t", "v1.2.0").strip() == "tag"
    assert "Glimpse 1.2.0\n\n### Added\n\n- A thing." in git(root, "cat-file", "-p", "v1.2.0")


def test_a_dry_run_makes_no_tag(root: Path) -> None:
    release.finish(root, "1.2.0", "notes", Console(quiet=True), dry_run=True)
    assert git(root, "tag") == ""


def test_the_command_ends_with_a_sentence(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(release, "ROOT", root)
    monkeypatch.setattr(release, "VERSION", "9.9.9")
    assert release.main(["--dry-run"]) == 1
    assert capsys.readouterr().err == "no release: CHANGELOG.md: expected a section [9.9.9]\n"
    assert not (root / "dist").exists()
