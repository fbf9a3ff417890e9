"""Whose pictures and clips a folder holds: one folder or file for each person, and what is refused."""

from pathlib import Path

import pytest

from glimpse.errors import PersonMissingError, SettingsError
from glimpse.evaluation.folders import list_people, list_strangers


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def test_a_folder_for_each_person_and_a_file_named_for_each(tmp_path: Path) -> None:
    touch(tmp_path, "Ada/1.jpg", "Ada/deep/2.PNG", "Ada/walk.mp4", "Ben.jpeg")
    found = list_people(tmp_path, ["Ada", "Ben"])
    assert [(file.path.name, file.person, file.origin, file.is_clip) for file in found] == [
        ("1.jpg", "Ada", "Ada", False),
        ("2.PNG", "Ada", "Ada", False),
        ("walk.mp4", "Ada", "Ada", True),
        ("Ben.jpeg", "Ben", "Ben", False),
    ]


def test_other_files_and_bookkeeping_are_left_out(tmp_path: Path) -> None:
    touch(tmp_path, "Ada/1.jpg", "Ada/notes.txt", "Ada/._1.jpg", "Nobody/readme.txt", ".DS_Store", "Ada/.thumbs/2.jpg")
    touch(tmp_path, "Ada/@eaDir/1.jpg/SYNOPHOTO_THUMB_XL.jpg", "@eaDir/Ada/1.jpg", "Ada/Thumbnails/1.jpg")
    assert [file.path.name for file in list_people(tmp_path, ["Ada"])] == ["1.jpg"]


def test_a_name_is_compared_as_it_is_enrolled(tmp_path: Path) -> None:
    touch(tmp_path, "Zoe\u0308/1.jpg")  # as macOS writes names of files
    assert list_people(tmp_path, ["Zoë"])[0].person == "Zoë"


def test_somebody_who_is_not_enrolled_is_refused_with_who_may_be_meant(tmp_path: Path) -> None:
    touch(tmp_path, "Adda/1.jpg")
    with pytest.raises(PersonMissingError, match=r"Adda: Adda is not enrolled; did you mean Ada\? people who are not"):
        list_people(tmp_path, ["Ben", "Ada"])
    with pytest.raises(PersonMissingError, match="Adda is not enrolled; people who are not enrolled belong into"):
        list_people(tmp_path, [])


def test_a_link_to_pictures_of_somebody_else_is_refused(tmp_path: Path) -> None:
    touch(tmp_path, "Ada/1.jpg", "Ben/2.jpg")
    (tmp_path / "Ben" / "also.jpg").symlink_to(tmp_path / "Ada" / "1.jpg")
    with pytest.raises(SettingsError, match=r"Ben/also\.jpg: "):
        list_people(tmp_path, ["Ada", "Ben"])


def test_a_folder_that_links_to_somebody_elses_is_refused(tmp_path: Path) -> None:
    touch(tmp_path, "Ada/1.jpg")
    (tmp_path / "Ben").symlink_to(tmp_path / "Ada")
    with pytest.raises(SettingsError, match=r"Ben: "):
        list_people(tmp_path, ["Ada", "Ben"])


def test_what_holds_nothing_is_refused(tmp_path: Path) -> None:
    touch(tmp_path, "Ada/notes.txt", "file")
    for folder, said in (
        (tmp_path, "expected a folder of pictures or clips for each person, found none"),
        (tmp_path / "none", "no such folder"),
        (tmp_path / "file", "expected a folder"),
    ):
        with pytest.raises(SettingsError, match=f"{folder.name}: {said}"):
            list_people(folder, ["Ada"])


def test_a_folder_of_strangers_is_one_and_a_file_is_one(tmp_path: Path) -> None:
    touch(tmp_path, "one/1.jpg", "one/2.jpg", "3.jpg")
    found = list_strangers(tmp_path)
    assert [(file.path.name, Path(file.origin).name, file.person) for file in found] == [
        ("3.jpg", "3.jpg", ""),
        ("1.jpg", "one", ""),
        ("2.jpg", "one", ""),
    ]
    (tmp_path / "empty").mkdir()
    with pytest.raises(SettingsError, match=r"strangers .*empty: expected pictures or clips of strangers, found none"):
        list_strangers(tmp_path / "empty")
