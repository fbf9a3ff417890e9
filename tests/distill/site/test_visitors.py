"""Tracks of a site in a folder."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from distill.errors import DistillError
from distill.site.visitors import read_visitors


def look(folder: Path, track: str, name: str, side: int = 16) -> None:
    (folder / track).mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(folder / track / name), np.full((side, side, 3), 90, np.uint8))


def test_looks_have_a_time_and_a_height_and_visitors_the_order_of_their_coming(tmp_path: Path) -> None:
    look(tmp_path, "b", "100.5_20.png")
    look(tmp_path, "a", "300_61.25.jpg", side=64)
    look(tmp_path, "a", "200_14.png")
    (tmp_path / "a" / "notes.txt").write_text("not a look")
    first, second = read_visitors(tmp_path)
    assert (first.name, second.name) == ("track b", "track a")
    assert [(one.time, one.px) for one in second.looks] == [(200.0, 14.0), (300.0, 61.25)]
    assert [len(one.picture) for one in second.near(48)] == [64]
    assert [one.px for one in second.far(28)] == [14.0]


def test_tracks_of_one_person_are_one_visitor(tmp_path: Path) -> None:
    for track, seconds in (("1", 5), ("2", 900), ("3", 50)):
        look(tmp_path, track, f"{seconds}_20.png")
    (tmp_path / "tracks.csv").write_text("track,person,camera\n1,Zoë,door\n2,Zoë,hall\n3,,door\n")
    visitors = read_visitors(tmp_path)
    assert [(one.name, len(one.looks)) for one in visitors] == [("Zoë", 2), ("track 3", 1)]


def test_a_folder_that_is_missing_or_holds_no_look_is_told(tmp_path: Path) -> None:
    with pytest.raises(DistillError, match="no such folder of tracks"):
        read_visitors(tmp_path / "none")
    (tmp_path / "1").mkdir()
    with pytest.raises(DistillError, match="expected a folder for each track with pictures SECONDS_PX"):
        read_visitors(tmp_path)


@pytest.mark.parametrize(
    "name", ["a_b.png", "100.png", "100_0.png", "100_-3.png", "nan_20.png", "100_inf.png", "_.png"]
)
def test_a_name_without_time_and_height_is_told(tmp_path: Path, name: str) -> None:
    look(tmp_path, "1", name)
    with pytest.raises(DistillError, match="expected a name SECONDS_PX"):
        read_visitors(tmp_path)


def test_a_picture_that_is_no_aligned_face_is_told(tmp_path: Path) -> None:
    look(tmp_path, "1", "100_20.png", side=4)
    with pytest.raises(DistillError, match="expected a square picture of 8 pixels or more, got 4x4 pixels"):
        read_visitors(tmp_path)
    (tmp_path / "1" / "100_20.png").write_bytes(b"\x89PNG torn")
    with pytest.raises(DistillError, match="got an unreadable file"):
        read_visitors(tmp_path)
    cv2.imwrite(str(tmp_path / "1" / "100_20.png"), np.zeros((20, 30, 3), np.uint8))
    with pytest.raises(DistillError, match="got 30x20 pixels"):
        read_visitors(tmp_path)


def test_a_list_without_its_columns_is_told(tmp_path: Path) -> None:
    look(tmp_path, "1", "100_20.png")
    (tmp_path / "tracks.csv").write_text("id,name\n1,Ada\n")
    with pytest.raises(DistillError, match="expected the columns track and person, got id, name"):
        read_visitors(tmp_path)


def test_a_list_may_say_how_a_person_is_known(tmp_path: Path) -> None:
    for track in ("1", "2"):
        look(tmp_path, track, f"{track}_20.png")
    (tmp_path / "tracks.csv").write_text("track,person,known\n1,Ada,confirmed\n2,Ada,\n")
    [ada] = read_visitors(tmp_path)
    assert [(one.track, one.known) for one in ada.looks] == [("1", "confirmed"), ("2", "")]
    (tmp_path / "tracks.csv").write_text("track,person,known\n1,Ada,guessed\n")
    with pytest.raises(DistillError, match="expected enrolled, confirmed, named, grouped or nothing as known of 1"):
        read_visitors(tmp_path)
