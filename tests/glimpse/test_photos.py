"""Photographs judged one by one and sorted by person."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest

import glimpse
from glimpse.photos import _folder_name, _plain, list_photos
from tests.synthetic.portraits import FACES, KNOWN, nothing, portrait, write_group


@pytest.fixture
def people(tmp_path: Path) -> glimpse.Gallery:
    gallery = glimpse.Gallery(tmp_path / "people.db")
    for name in KNOWN:
        gallery.enroll(name, FACES / f"{name}.jpg")
    return gallery


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Photographs of different sizes in two folders."""
    import cv2

    folder = tmp_path / "album"
    (folder / "later").mkdir(parents=True)
    (folder / "broken.jpg").write_bytes(b"no picture")
    cv2.imwrite(str(folder / "empty.png"), nothing())
    cv2.imwrite(str(folder / "ada.png"), portrait("Ada", 300))
    cv2.imwrite(str(folder / "later" / "ada.png"), portrait("Ada", 120))
    write_group(folder / "group.png", "Ada", "Hedy", "Ben")
    write_group(folder / "stranger.png", "Hedy")
    (folder / "notes.txt").write_text("no picture")
    return folder


def test_every_photograph_is_judged_alone_and_none_is_passed_over(people: glimpse.Gallery, album: Path) -> None:
    photos = {str(photo.path.relative_to(album)): photo for photo in glimpse.judge_photos(album, people)}
    assert {name: sorted(photo.names) for name, photo in photos.items()} == {
        "ada.png": ["Ada"],
        "broken.jpg": [],
        "empty.png": [],
        "group.png": ["Ada", "Ben"],
        "later/ada.png": ["Ada"],
        "stranger.png": [],
    }
    assert "not a picture" in photos["broken.jpg"].error
    assert photos["empty.png"].faces == ()
    assert len(photos["group.png"].faces) == len(photos["group.png"].identities) == 3
    assert "below" in photos["stranger.png"].identities[0].reason


def test_one_file_and_several_are_taken_and_a_missing_one_is_named(people: glimpse.Gallery, album: Path) -> None:
    assert [photo.names for photo in glimpse.judge_photos(album / "ada.png", people)] == [["Ada"]]
    both = [album / "stranger.png", album / "ada.png"]
    assert [photo.path for photo in glimpse.judge_photos(both, people)] == both
    with pytest.raises(FileNotFoundError, match=r"none\.png"):
        list_photos(album / "none.png")


def test_a_folder_is_sorted_by_person_with_a_table(people: glimpse.Gallery, album: Path, tmp_path: Path) -> None:
    out = tmp_path / "sorted"
    counts = glimpse.sort_photos(glimpse.judge_photos(album, people), out)
    assert counts == {"Ada": 3, "Ben": 1, "unreadable": 1, "no face": 1, "unknown": 1}
    files = sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file())
    assert files == [
        "Ada/ada-2.png",
        "Ada/ada.png",
        "Ada/group.png",
        "Ben/group.png",
        "no face/empty.png",
        "people.csv",
        "unknown/stranger.png",
    ]
    with (out / "people.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8
    group = [row for row in rows if row["picture"].endswith("group.png")]
    assert sorted(row["person"] for row in group) == ["", "Ada", "Ben"]
    for row in group:
        face = float(row["face_px"])
        assert float(row["y1"]) - float(row["y0"]) == pytest.approx(face, abs=0.2)
        assert np.isfinite([float(row[key]) for key in ("score", "threshold", "confidence")]).all()
    assert [row["state"] for row in rows if row["picture"].endswith(("empty.png", "broken.jpg"))] == [
        "unreadable",
        "no face",
    ]


def test_only_the_owner_may_read_a_sorted_folder(people: glimpse.Gallery, album: Path, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        out = tmp_path / "new" / "sorted"
        glimpse.sort_photos(glimpse.judge_photos(album, people), out)
    finally:
        os.umask(before)
    for path in (out.parent, out, *out.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path
    assert (out / "Ada" / "ada.png").stat().st_mtime == (album / "ada.png").stat().st_mtime


def test_two_runs_are_never_mixed(people: glimpse.Gallery, album: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    glimpse.sort_photos(glimpse.judge_photos(album / "ada.png", people), tmp_path / "out")
    for taken in (tmp_path / "out", album / "ada.png"):
        with pytest.raises(glimpse.SettingsError, match="expected a new or empty one"):
            glimpse.sort_photos([], taken)


@pytest.mark.parametrize(
    ("person", "folder"),
    [
        ("Ada", "Ada"),
        ("李雷", "李雷"),
        ("../../etc", "_.._etc"),
        ("..", "_"),
        ("a/b\\c", "a_b_c"),
        ("people.csv", "people.csv_"),
    ],
)
def test_a_name_never_leads_out_of_the_folder(person: str, folder: str) -> None:
    assert _folder_name(person) == folder


def test_a_name_is_no_formula() -> None:
    assert [_plain(text) for text in ("=1+1", "@x", "Ada", "")] == ["'=1+1", "'@x", "Ada", ""]
