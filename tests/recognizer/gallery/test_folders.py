"""Whose pictures a folder holds, and a line for all that is none."""

import os
from pathlib import Path

import pytest

from recognizer.gallery.folders import Photo, find_photos


def make(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def lines(folder: Path) -> list[tuple[str, str, str]]:
    return [(photo.person, photo.source, photo.fault or photo.note) for photo in find_photos(folder)]


def test_folders_are_people_and_their_folders_are_theirs(tmp_path: Path) -> None:
    make(tmp_path, "Ben/b.JPG", "Ben/2024/summer/a.png", "Ada/x.jpeg")
    assert lines(tmp_path) == [
        ("Ada", "Ada/x.jpeg", ""),
        ("Ben", "Ben/2024/summer/a.png", ""),
        ("Ben", "Ben/b.JPG", ""),
    ]


def test_without_folders_a_picture_is_a_person(tmp_path: Path) -> None:
    make(tmp_path, "Ada.jpg", "Ada.b.png", "notes.txt")
    assert lines(tmp_path) == [
        ("Ada.b", "Ada.b.png", ""),
        ("Ada", "Ada.jpg", ""),
        ("notes", "notes.txt", "not a picture by its suffix '.txt'"),
    ]


def test_a_picture_beside_folders_is_a_fault_and_another_file_is_not(tmp_path: Path) -> None:
    make(tmp_path, "Ada/a.jpg", "Ben.jpg", "README")
    found = {photo.source: photo for photo in find_photos(tmp_path)}
    assert found["Ben.jpg"].fault == "lies beside the folders of people; move it into one"
    assert (found["README"].fault, found["README"].note) == ("", "not a picture by its suffix ''")


@pytest.mark.parametrize("names", [(), ("only.txt",), (".hidden.jpg",)])
def test_a_folder_of_nobody_is_an_error(tmp_path: Path, names: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="expected one folder per person or pictures"):
        list(find_photos(make(tmp_path, *names)))
    with pytest.raises(ValueError, match="expected one folder per person or pictures"):
        list(find_photos(tmp_path / "nowhere"))


def test_a_person_without_a_picture_is_a_fault_of_that_person_alone(tmp_path: Path) -> None:
    (tmp_path / "Empty").mkdir()
    make(tmp_path, "Text/a.txt", "Ada/a.jpg")
    assert [line for line in lines(tmp_path) if line[2] == "no picture in this folder"] == [
        ("Empty", "Empty", "no picture in this folder"),
        ("Text", "Text", "no picture in this folder"),
    ]


def test_bookkeeping_is_nobody_and_is_told_in_one_line_at_the_end(tmp_path: Path) -> None:
    make(tmp_path, "Ada/a.jpg", "Ada/._a.jpg", "@eaDir/x.jpg", "__MACOSX/Ada/a.jpg", "Ada/.DS_Store")
    *photos, last = find_photos(tmp_path)
    assert [photo.source for photo in photos] == ["Ada/a.jpg"]
    assert (last.person, last.fault) == ("", "")
    assert last.note


def test_links_in_a_circle_and_to_nothing_end_nothing(tmp_path: Path) -> None:
    make(tmp_path, "Ada/a.jpg")
    (tmp_path / "Ada" / "circle").symlink_to(tmp_path)
    (tmp_path / "Ada" / "gone.jpg").symlink_to("nowhere.jpg")
    os.mkfifo(tmp_path / "Ada" / "pipe.jpg")
    assert lines(tmp_path) == [
        ("Ada", "Ada/a.jpg", ""),
        ("Ada", "Ada/circle", "a folder that cannot be listed or a link to one"),
        ("Ada", "Ada/gone.jpg", "not a file, or a link to nothing"),
        ("Ada", "Ada/pipe.jpg", "not a file, or a link to nothing"),
    ]


def test_a_folder_that_cannot_be_listed_is_a_fault_of_that_person_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "Ada/a.jpg", "Ben/b.jpg")
    listed = Path.iterdir

    def refuse(path: Path) -> object:
        if path.name == "Ada":
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert lines(tmp_path) == [("Ada", "Ada", "a folder that cannot be listed"), ("Ben", "Ben/b.jpg", "")]


def test_a_name_that_is_not_utf_8_is_kept(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/J\xf6rg"
    os.mkdir(folder)
    Path(os.fsdecode(folder), "a.jpg").touch()
    (photo,) = find_photos(tmp_path)
    assert isinstance(photo, Photo)
    assert os.fsencode(photo.person) == b"J\xf6rg"


@pytest.mark.parametrize("target", [".", "..", "../..", "/", "Ben/..", "Cy"])
def test_a_link_to_a_folder_around_others_claims_nobody_elses_pictures(tmp_path: Path, target: str) -> None:
    folder = make(tmp_path / "people", "Ben/b.jpg")
    (folder / "Cy").symlink_to(make(tmp_path / "elsewhere", "c.jpg"))
    (folder / "Ada").symlink_to(target)
    found = {line for line in lines(folder) if line[0] != "Cy"}
    assert found == {
        ("Ada", "Ada", "a link to a folder that holds pictures of other people"),
        ("Ben", "Ben/b.jpg", ""),
    }


@pytest.mark.parametrize(
    ("target", "fault"),
    [("Ben", "a link to a folder that holds pictures of other people"), ("Ben/2024", "a link to pictures of Ben")],
)
def test_so_does_none_to_somebody_elses_folder_or_into_it(tmp_path: Path, target: str, fault: str) -> None:
    make(tmp_path, "Ben/b.jpg", "Ben/2024/b.jpg")
    (tmp_path / "Ada").symlink_to(target)
    assert lines(tmp_path)[0] == ("Ada", "Ada", fault)


def test_two_links_to_one_folder_are_both_refused(tmp_path: Path) -> None:
    folder, elsewhere = make(tmp_path / "people", "Cy/c.jpg"), make(tmp_path / "elsewhere", "a.jpg")
    (folder / "Ada").symlink_to(elsewhere)
    (folder / "Ben").symlink_to(elsewhere)
    assert [bool(line[2]) for line in lines(folder)] == [True, True, False]


def test_links_to_each_other_are_links_to_nothing(tmp_path: Path) -> None:
    folder = make(tmp_path, "Cy/c.jpg")
    (folder / "Ada").symlink_to("Ben")
    (folder / "Ben").symlink_to("Ada")
    assert [line[2] for line in lines(folder)][1:] == ["not a file, or a link to nothing"] * 2


def test_a_link_to_somebody_elses_picture_is_refused_and_any_other_is_taken(tmp_path: Path) -> None:
    folder = make(tmp_path / "people", "Ada/own.jpg", "Ben/b.jpg")
    (folder / "Ada" / "b.jpg").symlink_to("../Ben/b.jpg")
    (folder / "Ada" / "again.jpg").symlink_to("own.jpg")
    (folder / "Ada" / "from.jpg").symlink_to(make(tmp_path / "album", "x.jpg") / "x.jpg")
    assert {source: why for person, source, why in lines(folder) if person == "Ada"} == {
        "Ada/again.jpg": "",
        "Ada/b.jpg": "a link to pictures of Ben",
        "Ada/from.jpg": "",
        "Ada/own.jpg": "",
    }


def test_in_a_folder_of_pictures_a_link_to_another_is_refused(tmp_path: Path) -> None:
    make(tmp_path, "Ben.jpg")
    (tmp_path / "Ada.jpg").symlink_to("Ben.jpg")
    assert lines(tmp_path) == [("Ada", "Ada.jpg", "a link to pictures of Ben"), ("Ben", "Ben.jpg", "")]


def test_a_person_whose_folder_is_a_link_to_elsewhere_is_enrolled_from_there(tmp_path: Path) -> None:
    folder = make(tmp_path / "people", "Ben/b.jpg")
    (folder / "Ada").symlink_to(make(tmp_path / "elsewhere", "a.jpg"))
    assert lines(folder) == [("Ada", "Ada/a.jpg", ""), ("Ben", "Ben/b.jpg", "")]
