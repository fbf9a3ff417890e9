"""Whoever was erased after a backup is named when it is restored, as far as gallery, audit lines and receipts tell."""

from pathlib import Path

import pytest

from pipeline.backup import erased_since
from pipeline.backup.erased_since import ErasedSince
from pipeline.backup.make import given_places, make_backup
from pipeline.backup.manifest import read_manifest
from pipeline.backup.restore import plan, restore_backup
from pipeline.erase.__main__ import main
from recognizer.gallery.store import Face, Gallery
from tests.synthetic.erasable_site import NAME, OTHER, vector


@pytest.fixture
def gallery(tmp_path: Path) -> Path:
    path = tmp_path / "site" / "people.db"
    path.parent.mkdir()
    with Gallery(path, create=True) as opened:
        for number, name in enumerate((NAME, OTHER)):
            opened.add(name, Face(vector(number), "a.jpg", f"sha{number}"), model_id="m")
    return path


@pytest.fixture
def backup(gallery: Path) -> Path:
    made = gallery.parent.parent / "b"
    make_backup(made, given_places([str(gallery)]), node="", clock=lambda: 5.0)
    return made


def restored(backup: Path, to: str = "", *erasures: Path) -> ErasedSince:
    manifest = read_manifest(backup)
    return restore_backup(backup, plan(manifest, to=to), manifest, replace=True, erasures=erasures).since


def test_the_gallery_and_the_audit_line_tell_who_is_back(gallery: Path, backup: Path) -> None:
    assert main([NAME, str(gallery.parent)]) == 0
    since = restored(backup)
    assert (since.erasures, since.lines, since.names, since.missing) == (1, 1, [NAME], [NAME])
    assert since
    with Gallery(gallery) as opened:
        assert [person.name for person in opened.people()] == [NAME, OTHER]


def test_an_audit_line_from_elsewhere_is_enough(gallery: Path, backup: Path, tmp_path: Path) -> None:
    main([OTHER, str(gallery.parent), "--audit", str(tmp_path / "kept.jsonl")])
    since = restored(backup, str(tmp_path / "drill"), tmp_path / "kept.jsonl")
    assert (since.erasures, since.names) == (0, [OTHER])


def test_a_receipt_is_enough(gallery: Path, backup: Path, tmp_path: Path) -> None:
    receipt, key = str(tmp_path / "r.json"), str(tmp_path / "key.pem")
    main([NAME, str(gallery.parent), "--audit", str(tmp_path / "a.jsonl"), "--receipt", receipt, "--key", key])
    assert restored(backup, str(tmp_path / "drill"), Path(receipt)).names == [NAME]


def test_erasures_before_the_backup_are_none_of_its(gallery: Path, tmp_path: Path) -> None:
    main([NAME, str(gallery.parent)])
    make_backup(tmp_path / "b", given_places([str(gallery)]), node="", clock=lambda: 1e10)
    since = restored(tmp_path / "b")
    assert not since
    assert since == ErasedSince()


def test_somebody_else_who_was_erased_is_counted_alone(gallery: Path, backup: Path, tmp_path: Path) -> None:
    main(["Somebody Else", str(gallery.parent), "--audit", str(tmp_path / "kept.jsonl")])
    since = restored(backup, str(tmp_path / "drill"), tmp_path / "kept.jsonl")
    assert (since.lines, since.names) == (1, [])
    assert not since


def test_a_new_name_is_missing_under_the_old_one(gallery: Path, backup: Path) -> None:
    with Gallery(gallery) as opened:
        opened.rename(OTHER, "Grace")
    assert restored(backup).missing == [OTHER]


def test_too_many_names_are_said_not_to_be_compared(
    gallery: Path, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    main([NAME, str(gallery.parent)])
    monkeypatch.setattr(erased_since, "MAX_COMPARISONS", 1)
    assert not restored(backup).compared


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[1]",
        '{"time": "yesterday", "salt": "zz", "person": "x"}',
        '{"time": 3}',
        "\x00\xff",
        '{"statement": 3}',
    ],
)
def test_what_is_no_audit_line_is_left_out(backup: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "a.jsonl").write_text(text)
    assert restored(backup, str(tmp_path / "drill"), tmp_path / "a.jsonl").lines == 0
