"""`glimpse who`."""

import json
from pathlib import Path

import cv2
import pytest

from glimpse.command.app import main
from tests.synthetic.portraits import FACES, nothing, write_group


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = str(tmp_path_factory.mktemp("who") / "people.db")
    assert main(["enroll", str(FACES / "Ada.jpg"), "--name", "Ada", "--gallery", path]) == 0
    return path


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "at least one photograph or folder"),
        (["none.jpg"], "none.jpg: no such file"),
        ([str(FACES / "Adda.jpg")], f"did you mean {FACES / 'Ada.jpg'}?"),
        ([str(FACES / "Ada.jpg"), "--detector", "none.onnx"], "none.onnx"),
        ([str(FACES / "Ada.jpg"), "--false-alarm", "7"], "false_alarm"),
    ],
)
def test_wrong_usage(words: list[str], message: str, gallery: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["who", *words, "--gallery", gallery]) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert printed.out == ""


def test_a_gallery_is_needed_and_must_be_there(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["who", str(FACES / "Ada.jpg")]) == 2
    assert "--gallery" in capsys.readouterr().err
    assert main(["who", str(FACES / "Ada.jpg"), "--gallery", str(tmp_path / "none.db")]) == 2
    assert not (tmp_path / "none.db").exists()


def test_a_folder_without_photographs_is_said_with_what_was_looked_for(
    gallery: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.txt").write_text("no photograph")
    assert main(["who", str(tmp_path), "--gallery", gallery, "--sort", str(tmp_path / "sorted")]) == 1
    printed = capsys.readouterr()
    assert f"{tmp_path}: expected photographs (" in printed.err
    assert ".jpg" in printed.err
    assert "found none there or in the folders below" in printed.err
    assert printed.out == ""
    assert not (tmp_path / "sorted").exists()


def test_a_group_a_wall_and_a_broken_file_each_have_their_lines(
    gallery: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_group(tmp_path / "group.png", "Ada", "Hedy")
    cv2.imwrite(str(tmp_path / "wall.png"), nothing())
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    assert main(["who", str(tmp_path), "--gallery", gallery]) == 0
    bad, one, other, wall = capsys.readouterr().out.splitlines()
    assert bad == f"{tmp_path / 'bad.jpg'}: not a picture"
    assert "median" not in one + other  # the size stands before
    assert {": Ada (" in one, ": Ada (" in other} == {True, False}
    assert wall.endswith("wall.png: no face")
    assert main(["who", str(tmp_path), "--gallery", gallery, "--json"]) == 0
    documents = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [len(document["faces"]) for document in documents] == [0, 2, 0]
    assert documents[0]["error"]


def test_a_recording_is_sent_to_the_command_that_reads_it(
    gallery: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = tmp_path / "night.mp4"
    clip.write_bytes(b"no picture")
    assert main(["who", str(clip), "--gallery", gallery]) == 1
    assert capsys.readouterr().out == f"{clip}: not a picture; search a recording with glimpse run {clip}\n"


def test_a_folder_that_is_not_empty_is_not_sorted_into(
    gallery: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.txt").write_text("keep me")
    assert main(["who", str(FACES / "Ada.jpg"), "--gallery", gallery, "--sort", str(tmp_path)]) == 2
    assert "new or empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
