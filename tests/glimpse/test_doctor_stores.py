"""What is said of each store and folder: open, sound, its owner's alone, readable, and with room beside it."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from configs.at_rest import new_key
from glimpse import doctor_stores
from glimpse.doctor import LEAST_FREE_MB, Finding, Health
from glimpse.doctor_stores import examine_folders, examine_store
from pipeline.backup.places import Kept, Part
from recognizer.gallery.store import Face, Gallery


def face() -> Face:
    return Face(np.eye(8, dtype=np.float32)[0], "a.jpg", f"{0:064x}")


@pytest.fixture
def gallery(tmp_path: Path) -> Iterator[Path]:
    tmp_path.chmod(0o700)
    path = tmp_path / "people.db"
    with Gallery(path, create=True) as opened:
        opened.add("Ada", face(), model_id="m")
    path.chmod(0o600)
    return path


def store(path: Path | str, setting: str = "gallery") -> Finding:
    return examine_store(Kept(setting, str(path), Part.STORE))


def folder(*places: Path | str, part: Part = Part.STORE) -> list[Finding]:
    return list(examine_folders([Kept("x", str(place), part) for place in places]))


def test_a_sound_store_is_good_and_says_its_version(gallery: Path) -> None:
    found = store(gallery)
    assert (found.part, found.health, found.advice) == ("gallery people.db", Health.GOOD, "")
    assert found.found.startswith("gallery, schema ")
    assert found.found.endswith("MB, sound")


def test_an_older_schema_is_good_and_will_be_brought_up_to_date(gallery: Path) -> None:
    with closing(sqlite3.connect(gallery)) as database:
        database.execute("PRAGMA user_version = 1")
    assert store(gallery).found.endswith("sound, brought up to date when it is used")


@pytest.mark.parametrize(
    ("setting", "advice"),
    [
        ("gallery", "glimpse enroll makes it"),
        ("web.accounts", "glimpse accounts add makes it"),
        ("history.file", "made when the process that needs it first starts"),
    ],
)
def test_a_store_that_is_not_there_says_who_makes_it(tmp_path: Path, setting: str, advice: str) -> None:
    found = store(tmp_path / "none.db", setting)
    assert (found.health, found.advice) == (Health.MISSING, advice)


@pytest.mark.parametrize("content", [b"", b"noise", b"SQLite format 3\0" + bytes(2000)])
def test_a_file_of_another_kind_is_broken(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.db").write_bytes(content)
    assert store(tmp_path / "x.db").health is Health.BROKEN


def test_a_folder_in_place_of_a_store_is_broken(tmp_path: Path) -> None:
    assert store(tmp_path).health is Health.BROKEN


def test_others_who_may_read_it_are_doubtful(gallery: Path) -> None:
    gallery.chmod(0o640)
    found = store(gallery)
    assert found.health is Health.DOUBTFUL
    assert found.advice == f"other users may open it (mode 640): chmod 600 {gallery}"


def test_a_store_that_this_user_may_not_change_is_doubtful(gallery: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert store(gallery).advice.startswith("this user may not change it: run this as the user of the node (")


def test_a_store_that_this_user_may_not_open_says_whose_it_is(gallery: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(doctor_stores, "kind_of", refuse)
    found = store(gallery)
    assert found.health is Health.BROKEN
    assert f"or: chown {gallery.parent.owner()} {gallery}" in found.advice


def test_an_owner_without_a_name_is_a_number(gallery: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless(path: Path) -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr(Path, "owner", nameless)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert f"({gallery.stat().st_uid})" in store(gallery).advice


def test_an_encrypted_store_needs_its_key(gallery: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLIMPSE_KEY", new_key())
    with Gallery(gallery) as opened:
        opened.add("Ben", Face(np.eye(8, dtype=np.float32)[1], "b.jpg", f"{1:064x}"), model_id="m")
    assert store(gallery).health is Health.GOOD
    assert store(gallery).found.endswith("encrypted")
    monkeypatch.delenv("GLIMPSE_KEY")
    assert "set GLIMPSE_KEY" in store(gallery).advice
    monkeypatch.setenv("GLIMPSE_KEY", "no key")
    assert store(gallery).health is Health.BROKEN


def test_a_database_is_shown_without_its_password(tmp_path: Path) -> None:
    found = store("postgresql://u:hunter2@127.0.0.1:1/glimpse")
    assert found.health is Health.BROKEN
    assert "hunter2" not in str(found)


class Usage(NamedTuple):
    free: float


@pytest.mark.parametrize(
    ("mode", "free_mb", "health", "said"),
    [
        (0o700, LEAST_FREE_MB, Health.GOOD, ""),
        (0o700, LEAST_FREE_MB - 1, Health.BROKEN, f"free at least {LEAST_FREE_MB} MB"),
        (0o720, 1000, Health.DOUBTFUL, "chmod 700"),
        (0o702, 1000, Health.DOUBTFUL, "other users may put files there"),
        (0o755, 1000, Health.GOOD, ""),
        (0o1777, 1000, Health.GOOD, ""),
    ],
)
def test_a_folder_has_room_and_is_its_owners(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, free_mb: float, health: Health, said: str
) -> None:
    tmp_path.chmod(mode)
    monkeypatch.setattr(doctor_stores.shutil, "disk_usage", lambda path: Usage(free_mb * 1e6))
    [found] = folder(tmp_path / "a.db", tmp_path / "b.db")
    assert found.health is health
    assert said in found.advice
    assert found.found == f"{free_mb:,.0f} MB free, mode {mode:o}"


def test_a_folder_that_this_user_may_not_write_to_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    [found] = folder(tmp_path / "a.db")
    assert found.health is Health.BROKEN
    assert "this user may not write there" in found.advice


def test_film_is_a_folder_itself_and_a_missing_folder_will_be_made(tmp_path: Path) -> None:
    [found] = folder(tmp_path, part=Part.FILM)
    assert found.part == f"folder {tmp_path}"
    [found] = folder(tmp_path / "none" / "a.db")
    assert (found.part, found.health) == (f"folder {tmp_path / 'none'}", Health.MISSING)


def test_a_database_has_no_folder_here() -> None:
    assert folder("postgresql://h/d") == []


def test_a_folder_that_nobody_may_look_into_is_broken_and_the_rest_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path) -> bool:
        if self.name == "shut":
            raise PermissionError(13, "Permission denied", str(self))
        return True

    (tmp_path / "shut").mkdir()
    monkeypatch.setattr(Path, "is_dir", refuse)
    shut, whole = folder(tmp_path / "shut" / "a.db", tmp_path / "b.db")
    assert (shut.health, shut.part) == (Health.BROKEN, f"folder {tmp_path / 'shut'}")
    assert whole.part == f"folder {tmp_path}"
