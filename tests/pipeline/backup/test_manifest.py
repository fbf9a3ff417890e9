"""A manifest that is damaged or of a newer version is refused, and so is each file that was changed."""

from pathlib import Path

import msgspec
import pytest

from pipeline.backup.manifest import (
    NAME,
    SHOWN,
    Entry,
    Manifest,
    backups_in,
    digest,
    faults,
    read_manifest,
    write_manifest,
)

EMPTY = Manifest(glimpse="0.4.0", node="n", made_at=1.0, encrypted=False, files=(), models=(), left_out=())


def entry(name: str, data: bytes, folder: Path) -> Entry:
    (folder / "data").write_bytes(data)
    return Entry(name=name, setting="s", place="/x", bytes=len(data), sha256=digest(folder / "data"))


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_manifest(tmp_path, EMPTY)
    assert msgspec.structs.replace(read_manifest(tmp_path), checksum="") == EMPTY


def test_a_folder_without_one_is_no_backup(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="not a backup, or one that was interrupted"):
        read_manifest(tmp_path)


def test_a_folder_of_backups_names_them_the_newest_first(tmp_path: Path) -> None:
    for number, name in enumerate(("monday", "tuesday", "2026")):
        (tmp_path / name).mkdir()
        write_manifest(tmp_path / name, msgspec.structs.replace(EMPTY, made_at=[2.0, 3.0, 1.0][number]))
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / NAME).write_text("{}")
    (tmp_path / "empty").mkdir()
    assert [path.name for path in backups_in(tmp_path)] == ["tuesday", "monday", "2026"]
    names = ", ".join(str(tmp_path / name) for name in ("tuesday", "monday", "2026"))
    with pytest.raises(FileNotFoundError) as caught:
        read_manifest(tmp_path)
    assert str(caught.value).endswith(f": expected one of the backups in it, newest first: {names}")


def test_of_very_many_only_the_newest_are_named(tmp_path: Path) -> None:
    for number in range(SHOWN + 3):
        (tmp_path / str(number)).mkdir()
        write_manifest(tmp_path / str(number), msgspec.structs.replace(EMPTY, made_at=float(number)))
    with pytest.raises(FileNotFoundError, match=rf"first: {tmp_path}/{SHOWN + 2}, .*, {tmp_path}/3 and 3 older$"):
        read_manifest(tmp_path)


def test_no_folder_and_a_file_are_said_to_be_that(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no such folder"):
        read_manifest(tmp_path / "none")
    write_manifest(tmp_path, EMPTY)
    with pytest.raises(FileNotFoundError, match="expected the folder of a backup"):
        read_manifest(tmp_path / NAME)


@pytest.mark.parametrize("change", [b'"node": "n"', b"0.4.0", b'"encrypted": false'])
def test_every_change_is_noticed(tmp_path: Path, change: bytes) -> None:
    write_manifest(tmp_path, EMPTY)
    data = (tmp_path / NAME).read_bytes()
    assert change in data
    (tmp_path / NAME).write_bytes(
        data.replace(change, change.replace(b"n", b"m").replace(b"0", b"1").replace(b"false", b"true"))
    )
    with pytest.raises(ValueError, match="damaged"):
        read_manifest(tmp_path)


@pytest.mark.parametrize("data", [b"", b"{", b"null", b"\xff\xfe", b'{"format": "other", "version": 1}', b"[" * 9999])
def test_what_is_no_manifest_is_said_to_be_damaged(tmp_path: Path, data: bytes) -> None:
    (tmp_path / NAME).write_bytes(data)
    with pytest.raises(ValueError, match="is damaged"):
        read_manifest(tmp_path)


def test_one_of_a_newer_version_is_refused_whatever_its_keys_are(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b'{"format": "glimpse-backup", "version": 2, "new": {}}')
    with pytest.raises(ValueError, match=r"format 2 is of a newer Glimpse, this one knows 1 to 1; update Glimpse"):
        read_manifest(tmp_path)


def test_faults_of_files_are_named(tmp_path: Path) -> None:
    whole = entry("data", b"abc", tmp_path)
    assert faults(tmp_path, msgspec.structs.replace(EMPTY, files=(whole,))) == []
    (tmp_path / "changed").write_bytes(b"abd")
    (tmp_path / "short").write_bytes(b"ab")
    (tmp_path / "link").symlink_to(tmp_path / "data")
    names = ("changed", "short", "link", "none", "../data", "/etc/passwd")
    files = tuple(msgspec.structs.replace(whole, name=name) for name in names)
    found = faults(tmp_path, msgspec.structs.replace(EMPTY, files=files))
    assert [fault.partition(": ")[0] for fault in found] == list(names)
    assert "SHA-256" in found[0]
    assert "has 2 bytes, expected 3" in found[1]
    assert all("leads out" in fault for fault in found[4:])


def test_an_interrupted_erasure_is_a_fault(tmp_path: Path) -> None:
    [fault] = faults(tmp_path, msgspec.structs.replace(EMPTY, erasing=("x",)))
    assert "run it again" in fault
