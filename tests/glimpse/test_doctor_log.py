"""The row of `log.file`: folder, rights, rotation and room."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from glimpse import doctor_log
from glimpse.doctor import Finding, Health
from glimpse.doctor_log import examine_log
from pipeline.settings.rooms.log import LogSettings


class Usage(NamedTuple):
    """What `shutil.disk_usage` gives."""

    total: int
    used: int
    free: int


def row(file: Path, **settings: float) -> Finding:
    [found] = examine_log(LogSettings(file=str(file), **settings))  # type: ignore[arg-type]
    return found


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Makes the disk as full as that, in megabytes."""
    return lambda megabytes: monkeypatch.setattr(
        doctor_log.shutil, "disk_usage", lambda _: Usage(0, 0, round(megabytes * 1e6))
    )


def test_without_a_file_there_is_no_row() -> None:
    assert list(examine_log(LogSettings())) == []


def test_a_good_log_says_how_much_it_is_and_becomes(tmp_path: Path, free: Callable[[float], None]) -> None:
    free(5000)
    for name, size in (
        ("g.log", 1_500_000),
        ("g.log.1", 2_000_000),
        ("g.log.old", 9_000_000),
        ("g.web.log", 9_000_000),
    ):
        (tmp_path / name).write_bytes(bytes(size))
        (tmp_path / name).chmod(0o600)
    found = row(tmp_path / "g.log", file_mb=2, keep=3)
    assert (found.part, found.health, found.advice) == ("log.file g.log", Health.GOOD, "")
    assert found.found == (
        f"{tmp_path}: 3.5 MB now; put aside at 2 MB, 3 kept, so 8 MB a process at most; 5,000 MB free"
    )


def test_room_for_the_rest_of_it_is_needed(tmp_path: Path, free: Callable[[float], None]) -> None:
    free(400)
    assert row(tmp_path / "g.log", file_mb=100, keep=3).health is Health.GOOD
    full = row(tmp_path / "g.log", file_mb=101, keep=3)
    assert (full.health, full.advice) == (
        Health.DOUBTFUL,
        "it may grow by 404 MB more: lower log.keep or log.file_mb",
    )
    free(100)
    assert row(tmp_path / "g.log").health is Health.BROKEN


def test_a_folder_that_will_be_made_is_not_there_yet(tmp_path: Path) -> None:
    found = row(tmp_path / "a" / "b" / "g.log")
    assert (found.health, found.advice) == (Health.MISSING, f"{tmp_path / 'a' / 'b'} is made when the node starts")
    assert not (tmp_path / "a").exists()


def test_what_is_no_place_for_a_file_is_broken(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "is no folder: correct log.file" in row(tmp_path / "file" / "g.log").advice
    assert "is a folder: give log.file the name of a file in it" in row(tmp_path).advice
    assert row(tmp_path).health is row(tmp_path / "file" / "g.log").health is Health.BROKEN


def test_a_folder_or_a_file_without_rights_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "g.log").touch(0o600)
    shut = {tmp_path / "g.log"}
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) not in shut)
    assert f"may not write to {tmp_path / 'g.log'}" in row(tmp_path / "g.log").advice
    shut.add(tmp_path)
    found = row(tmp_path / "g.log")
    assert f"may not write in {tmp_path}" in found.advice
    assert found.health is Health.BROKEN


def test_a_folder_that_nobody_may_look_into_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def exists(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "exists", exists)
    found = row(tmp_path / "g.log")
    assert (found.health, found.advice) == (Health.BROKEN, "run this as the user of the node")
    assert "Permission denied" in found.found


def test_a_log_that_others_read_or_that_is_no_file_is_doubtful(tmp_path: Path) -> None:
    (tmp_path / "g.log").touch()
    (tmp_path / "g.log").chmod(0o644)
    open_to_all = row(tmp_path / "g.log")
    assert open_to_all.health is Health.DOUBTFUL
    assert "(mode 644): chmod 600" in open_to_all.advice
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert "cannot be put aside" in row(tmp_path / "pipe").advice
