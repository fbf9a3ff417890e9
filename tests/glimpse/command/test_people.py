"""`glimpse people …` on a gallery of three portraits."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from rich.cells import cell_len

from glimpse.command.app import main
from recognizer.gallery.store import Gallery

FACES = Path(__file__).parents[3] / "docs" / "faces"


@pytest.fixture(scope="module")
def enrolled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gallery with Ada, who has one picture, and Ben, who has two: his own and Cleo's."""
    folder = tmp_path_factory.mktemp("people")
    for person, picture in (("Ada", "Ada"), ("Ben", "Ben"), ("Ben", "Cleo")):
        (folder / "faces" / person).mkdir(parents=True, exist_ok=True)
        shutil.copy(FACES / f"{picture}.jpg", folder / "faces" / person)
    assert main(["enroll", str(folder / "faces"), "--gallery", str(folder / "people.db")]) == 0
    return folder / "people.db"


@pytest.fixture
def db(enrolled: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(enrolled, tmp_path / "people.db"))


def people(db: Path, *words: str | Path) -> int:
    return main(["people", *map(str, words), "--gallery", str(db)])


def names(db: Path) -> dict[str, int]:
    with Gallery(db) as gallery:
        return {person.name: person.faces for person in gallery.people()}


def test_people_are_listed(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert people(db, "list") == 0
    out = capsys.readouterr().out
    assert "Ada  1 face, since 2" in out
    assert "Ben  2 faces, since 2" in out
    assert people(db, "list", "--json") == 0
    content = json.loads(capsys.readouterr().out)
    assert [(person["name"], person["faces"]) for person in content["people"]] == [("Ada", 1), ("Ben", 2)]


def test_rows_of_wide_letters_stand_under_each_other(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert people(db, "rename", "Ada", "李小龙") == 0
    capsys.readouterr()
    assert people(db, "list") == 0
    rows = capsys.readouterr().out.splitlines()[:2]
    assert {cell_len(row.partition(" face")[0]) for row in rows} == {cell_len("李小龙  1")}


def test_a_person_is_shown_with_every_picture(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert people(db, "show", "Ben") == 0
    title, own, other = capsys.readouterr().out.splitlines()
    assert title == "Ben: 2 faces"
    assert own.startswith("  Ben/Ben.jpg ")
    assert " px, quality 0." in own
    assert other.startswith("  Ben/Cleo.jpg ")
    assert people(db, "show", "Ben", "--json") == 0
    pictures = json.loads(capsys.readouterr().out)["pictures"]
    assert [picture["source"] for picture in pictures] == ["Ben/Ben.jpg", "Ben/Cleo.jpg"]
    assert pictures[0]["face_px"] > 100
    assert pictures[0]["chip"] is True
    assert "vector" not in pictures[0]


@pytest.mark.parametrize(
    "words", [["show", "Adah"], ["rename", "Adah", "Eve"], ["merge", "Adah", "Ben"], ["remove", "Adah", "x.jpg"]]
)
def test_a_name_that_is_not_enrolled_exits_with_1_and_the_name_that_was_meant(
    words: list[str], db: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert people(db, *words) == 1
    assert "Adah is not enrolled; did you mean Ada?" in capsys.readouterr().err


def test_a_person_is_renamed(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert people(db, "rename", "Ada", "Ada Lovelace") == 0
    assert "Ada is now Ada Lovelace" in capsys.readouterr().out
    assert names(db) == {"Ada Lovelace": 1, "Ben": 2}
    assert people(db, "rename", "Ben", "Ada Lovelace") == 2
    assert "merge the two" in capsys.readouterr().err


def test_a_name_that_means_nobody_is_not_given_and_an_old_one_can_be_changed(
    db: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert people(db, "rename", "Ada", "stranger") == 2
    assert "person 'stranger': expected a person's own name" in capsys.readouterr().err
    with Gallery(db) as gallery:  # as an earlier version took it
        gallery.rename("Ada", "stranger")
    assert people(db, "show", "stranger") == 0
    assert people(db, "export", str(db.with_name("e.jsonl"))) == 0
    copy = db.with_name("copy.db")
    assert main(["people", "import", str(db.with_name("e.jsonl")), "--gallery", str(copy)]) == 0
    assert names(copy) == {"stranger": 1, "Ben": 2}
    assert people(db, "rename", "stranger", "Ada") == 0


def test_two_names_of_one_person_are_merged(db: Path) -> None:
    assert people(db, "merge", "Ada", "Ben") == 0
    assert names(db) == {"Ben": 3}
    assert people(db, "merge", "Ben", "Ben") == 2


def test_one_picture_is_erased_by_its_source_or_digest(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert people(db, "remove", "Ben", "Ben/Cleo.jpg") == 0
    assert names(db) == {"Ada": 1, "Ben": 1}
    assert people(db, "remove", "Ben", "Ben/Ben.jpg") == 2
    assert "erase the person instead" in capsys.readouterr().err


def test_a_person_is_erased_from_the_gallery(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert people(db, "erase", "Ada", "Nobody") == 1
    captured = capsys.readouterr()
    assert "erased Ada: 1 face" in captured.out
    assert "Nobody is not enrolled" in captured.err
    assert names(db) == {"Ben": 2}
    assert people(db, "erase") == 2


def test_a_name_that_is_not_enrolled_says_nothing_of_bytes_where_nothing_was_left(
    db: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert people(db, "erase", "Nobdy") == 1
    assert people(db, "erase", "Ada", "Nobody") == 1
    assert people(db, "erase", "Ada") == 1
    assert "earlier erasure" not in capsys.readouterr().out


def test_a_person_is_erased_from_folders_too(db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    out.mkdir()
    assert people(db, "export", out / "people.jsonl") == 0
    assert people(db, "erase", "Ada", "--in", out, "--audit", tmp_path / "audit.jsonl") == 0
    assert names(db) == {"Ben": 2}
    assert b"Ada" not in (out / "people.jsonl").read_bytes()
    assert (tmp_path / "audit.jsonl").is_file()
    assert people(db, "erase", "Ben", "--in", tmp_path / "nowhere") == 2
    assert people(db, "erase", "Ben", "--delete-films") == 2
    assert "expected with --in" in capsys.readouterr().err


def test_people_are_exported_and_imported(db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert people(db, "export", tmp_path / "people.jsonl") == 0
    assert people(tmp_path / "new.db", "import", tmp_path / "people.jsonl") == 0
    assert names(tmp_path / "new.db") == {"Ada": 1, "Ben": 2}
    assert "3 faces imported, 0 already enrolled" in capsys.readouterr().out
    assert people(db, "import", tmp_path / "nowhere.jsonl") == 2


def test_pictures_are_read_again_by_another_recogniser(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert people(db, "reembed", "--recognizer", "tiny") in (0, 2)  # 2 where the family does not ship
    assert people(db, "reembed") == 0
    assert "3 faces read again" in capsys.readouterr().out


@pytest.mark.parametrize(
    "command", ["list", "show", "rename", "merge", "remove", "erase", "export", "import", "reembed"]
)
def test_every_command_has_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["people", command, "--help"]) == 0
    out = capsys.readouterr().out
    assert f"glimpse people {command}" in out.partition("Examples:")[2]


def test_a_missing_gallery_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert people(tmp_path / "nowhere.db", "list") == 2
    assert "no such file" in capsys.readouterr().err


@pytest.mark.parametrize("seconds", [1e200, -1e15, 1e13])
def test_a_time_that_no_calendar_has_ends_nothing(db: Path, seconds: float, capsys: pytest.CaptureFixture[str]) -> None:
    with sqlite3.connect(db) as damaged:
        damaged.execute("UPDATE people SET added_at = ?", (seconds,))
        damaged.execute("UPDATE faces SET added_at = ?", (seconds,))
    assert people(db, "list") == 0
    assert people(db, "show", "Ben") == 0
    assert capsys.readouterr().out.count("unknown day") >= 2
