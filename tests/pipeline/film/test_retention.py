"""What is deleted of a film, and what never is."""

import logging
from pathlib import Path

import pytest

from pipeline.film.retention import FilmLimits, delete_old_film
from pipeline.film.segments import list_all_segments, segment_name

START, DAY = 1_700_000_000.0, 86_400.0


def make(folder: Path, camera: str, start: float, end: float | None, size: int = 1000) -> Path:
    path = folder / camera / segment_name(start, end)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(bytes(size))
    return path


def test_what_ended_too_long_ago_goes_and_nothing_else(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    old = make(tmp_path, "door", START, START + 10)
    just = make(tmp_path, "yard", START, START + 20)
    (tmp_path / "door" / "notes.txt").touch()
    with caplog.at_level(logging.INFO):
        assert delete_old_film(tmp_path, FilmLimits(1, 0), now=START + 15 + DAY) == [old]
    assert [one.path for one in list_all_segments(tmp_path)] == [just]
    assert (tmp_path / "door" / "notes.txt").exists()
    assert f"deleted 1 files, the newest of them {old.name}" in caplog.text


def test_beyond_the_bytes_the_oldest_of_all_cameras_go(tmp_path: Path) -> None:
    files = [make(tmp_path, name, START + n, START + n + 1) for n, name in enumerate(("door", "yard", "door"))]
    assert delete_old_film(tmp_path, FilmLimits(0, 2500e-9), now=START) == files[:1]
    assert delete_old_film(tmp_path, FilmLimits(0, 2500e-9), now=START) == []


def test_the_open_file_is_never_deleted(tmp_path: Path) -> None:
    written = make(tmp_path, "door", START, None)
    other = make(tmp_path, "door", START + 1, START + 2)
    assert delete_old_film(tmp_path, FilmLimits(1, 1e-9), now=START + 99 * DAY, written={written}) == [other]
    assert written.exists()


def test_no_limit_deletes_nothing_and_neither_does_a_clock_set_back(tmp_path: Path) -> None:
    make(tmp_path, "door", START, START + 1)
    assert delete_old_film(tmp_path, FilmLimits(0, 0), now=START + 999 * DAY) == []
    assert delete_old_film(tmp_path, FilmLimits(1, 0), now=0.0) == []
    assert delete_old_film(tmp_path / "nothing", FilmLimits(1, 1), now=START) == []
