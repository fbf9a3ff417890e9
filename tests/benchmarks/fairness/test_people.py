"""Who is in which group."""

import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.fairness.people import Person, list_groups, read_portraits, read_utk

PICTURE = cv2.imencode(".png", np.zeros((8, 8, 3), np.uint8))[1].tobytes()


def pack(path: Path, *names: str, data: bytes = PICTURE) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, data)
    return path


def test_names_tell_age_sex_and_origin(tmp_path: Path) -> None:
    names = ["utk/58_1_3_2017.png", "utk/5_0_0_2018.png", "utk/61_3_2017.png", "utk/a_0_0_1.png", "utk/1_0_9_1.png"]
    people = [person for person, _ in read_utk(pack(tmp_path / "utk.zip", *names, "utk/notes.txt"), most=9)]
    assert [(one.age, one.sex, one.origin) for one in people] == [(5, "male", "White"), (58, "female", "Indian")]


def test_at_most_so_many_of_each_origin(tmp_path: Path) -> None:
    names = [f"utk/30_0_{origin}_{number}.png" for origin in (0, 1) for number in range(5)]
    people = [person for person, _ in read_utk(pack(tmp_path / "utk.zip", *names), most=3)]
    assert [one.origin for one in people] == ["White"] * 3 + ["Black"] * 3


def test_damaged_pictures_are_left_out(tmp_path: Path) -> None:
    assert not list(read_utk(pack(tmp_path / "utk.zip", "utk/30_0_0_1.png", data=b"none"), most=3))


def test_portraits_tell_a_country(tmp_path: Path) -> None:
    for stem in ("uk", "thai", "korea", "ushouse"):
        pack(tmp_path / f"{stem}.zip", f"{stem}/a.png", f"{stem}/b.png")
    found = [person.country for person, _ in read_portraits(tmp_path, most=1)]
    assert found == ["United Kingdom", "Thailand", "South Korea", "United States"]


def test_numbers_of_portraits_tell_one_person(tmp_path: Path) -> None:
    for stem in ("uk", "thai", "korea", "ushouse"):
        pack(tmp_path / f"{stem}.zip", f"{stem}/10_a1.png" if stem == "uk" else f"{stem}/a_1.png")
    assert [person.number for person, _ in read_portraits(tmp_path, most=1)] == ["10", "", "", ""]


def test_a_missing_set_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(read_portraits(tmp_path, most=1))


def test_groups_hold_whom_they_name_and_nobody_else() -> None:
    people = [
        Person("a", origin="Asian", sex="female", age=9),
        Person("b", origin="Asian", sex="male", age=10),
        Person("c", country="Thailand"),
    ]
    members = {group.name: group.members.tolist() for group in list_groups(people)}
    assert members["UTKFace"] == [True, True, False]
    assert members["Asian, male"] == members["Asian"] == members["male"] == [False, True, False]
    assert "female" not in members  # she is nine
    assert (members["0 to 9 years"], members["10 to 19 years"]) == ([True, False, False], [False, True, False])
    assert members["Thailand"] == [False, False, True]
    assert "White" not in members
