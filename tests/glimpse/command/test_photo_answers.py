"""What is printed of photographs."""

import json
from pathlib import Path

import pytest

from glimpse.command.photo_answers import as_object, print_photos, print_sorted
from glimpse.photos import Photo

BAD, EMPTY = Photo(Path("bad[1].jpg"), error="not a picture"), Photo(Path("wall.jpg"))


def test_a_photograph_without_faces_and_one_that_cannot_be_read_have_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert print_photos([BAD, EMPTY], as_json=False) == 0
    assert capsys.readouterr().out.splitlines() == ["bad[1].jpg: not a picture", "wall.jpg: no face"]


def test_it_is_a_failure_that_nothing_could_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert print_photos([BAD], as_json=True) == 1
    assert (
        json.loads(capsys.readouterr().out)
        == as_object(BAD)
        == {
            "picture": "bad[1].jpg",
            "error": "not a picture",
            "faces": [],
        }
    )
    assert print_photos([], as_json=False) == 1


def test_sorted_photographs_are_counted_by_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "wall.jpg").write_bytes(b"x")
    assert print_sorted([Photo(tmp_path / "wall.jpg"), BAD], tmp_path / "out", as_json=False) == 0
    assert "1 no face, 1 unreadable; every face is in" in capsys.readouterr().out
    assert print_sorted([BAD], tmp_path / "other", as_json=True) == 1
    assert len(capsys.readouterr().out.splitlines()) == 1
