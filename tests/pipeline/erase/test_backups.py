"""Erasing reaches backups, and what is left of a backup can still be restored."""

from pathlib import Path

import pytest

from pipeline.backup.make import given_places, make_backup
from pipeline.backup.manifest import faults, read_manifest
from pipeline.backup.restore import plan, restore_backup
from pipeline.erase import run
from pipeline.erase.__main__ import main
from recognizer.gallery.store import Gallery
from tests.synthetic.erasable_site import NAME, OTHER, make_site, read_without_other


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    site = make_site(tmp_path / "site")
    make_backup(tmp_path / "b", given_places([str(site)]), node="")
    return tmp_path / "b"


def restored_names(backup: Path, folder: Path) -> list[str]:
    manifest = read_manifest(backup)
    targets = [target for target in plan(manifest, to=str(folder)) if target.entry.kind == "gallery"]
    restore_backup(backup, targets, manifest)
    with Gallery(targets[0].place) as gallery:
        return [person.name for person in gallery.people()]


def test_a_person_is_erased_from_a_backup_and_the_others_are_restored_from_it(backup: Path, tmp_path: Path) -> None:
    assert main([NAME, str(backup)]) == 0
    assert b"Neil" not in read_without_other(backup)
    manifest = read_manifest(backup)
    assert faults(backup, manifest) == []
    assert "journal" not in {entry.kind for entry in manifest.files}  # an erasure destroys it
    assert restored_names(backup, tmp_path / "drill") == [OTHER]


def test_an_interrupted_erasure_is_finished_by_the_next_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = make_site(tmp_path / "site")
    make_backup(tmp_path / "g", given_places([str(site / "people.db")]), node="")

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(run, "Proof", die)  # after the gallery has lost the person
        with pytest.raises(KeyboardInterrupt):
            main([NAME, str(tmp_path / "g")])
    assert faults(tmp_path / "g", read_manifest(tmp_path / "g")) == [
        "an erasure from this backup was interrupted: run it again"
    ]
    assert main([NAME, str(tmp_path / "g")]) == 0
    assert restored_names(tmp_path / "g", tmp_path / "drill") == [OTHER]


def test_a_file_that_was_damaged_before_stays_one(tmp_path: Path) -> None:
    site = make_site(tmp_path / "site")
    make_backup(tmp_path / "g", given_places([str(site / "people.db"), str(site / "all.jsonl")]), node="")
    path = tmp_path / "g" / "given.2" / "all.jsonl"
    path.write_bytes(path.read_bytes() + b" ")
    main([NAME, str(tmp_path / "g")])
    [fault] = faults(tmp_path / "g", read_manifest(tmp_path / "g"))
    assert fault.startswith("given.2/all.jsonl: has ")


def test_a_folder_with_another_manifest_is_erased_from_as_before(tmp_path: Path) -> None:
    site = make_site(tmp_path / "site")
    (site / "manifest.json").write_text("{}")
    assert main([NAME, str(site)]) == 0
    assert (site / "manifest.json").read_text() == "{}"
