"""Bytes are overwritten where they stand."""

import os
from pathlib import Path

import pytest

from pipeline.erase.overwrite import destroy, overwrite


def test_only_the_spans_change_and_the_file_keeps_its_place(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"Ada came, Ada went")
    before = path.stat()
    assert overwrite(path, [(0, 3), (10, 13)]) == 2
    assert path.read_bytes() == b"*** came, *** went"
    assert (path.stat().st_ino, path.stat().st_size) == (before.st_ino, before.st_size)


def test_nothing_to_overwrite_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "log").write_bytes(b"Ben")
    monkeypatch.setattr(os, "fsync", lambda _: pytest.fail("nothing was written"))
    assert overwrite(tmp_path / "log", []) == 0


def test_the_bytes_of_a_destroyed_file_are_gone_under_its_other_name(tmp_path: Path) -> None:
    (tmp_path / "face.jpg").write_bytes(b"face")
    os.link(tmp_path / "face.jpg", tmp_path / "copy")
    assert destroy(tmp_path / "face.jpg")
    assert (tmp_path / "copy").read_bytes() == bytes(4)
    assert not destroy(tmp_path / "face.jpg")
