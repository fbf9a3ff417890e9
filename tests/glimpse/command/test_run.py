"""`glimpse run`: sources by position, photographs or frames, and mistakes."""

import json
from pathlib import Path

import pytest

from glimpse.command.app import main
from tests.synthetic.portraits import FACES, write_portrait_clip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a gallery of Ada and a clip of her."""
    folder = tmp_path_factory.mktemp("run")
    assert main(["enroll", str(FACES / "Ada.jpg"), "--name", "Ada", "--gallery", str(folder / "people.db")]) == 0
    write_portrait_clip(folder / "clip.mp4", "Ada", seconds=1.5)
    return folder


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ([], 2, "nothing to watch"),
        (["none.mp4"], 3, "none.mp4"),
        (["clip.mp4", "--gallery", "none.db"], 2, "none.db: no such file; make one with glimpse enroll"),
        (["clip.mp4", "--recognizer", "none.onnx", "--gallery", "people.db"], 4, "none.onnx"),
        (["clip.mp4", "--config", "none.yaml"], 2, "none.yaml"),
        (["clip.mp4", "--overwrite"], 2, "--overwrite needs --report"),
        (["clip.mp4", "--json", "--events", "-"], 2, "--json and --events -"),
        (["none", "--as", "photos"], 2, "none: no such file or folder"),
        (["clip.mp4", "--as", "films"], 2, "--as"),
        ([str(FACES), "--as", "photos", "--gallery", "none.db"], 2, "none.db: no such file"),
    ],
)
def test_mistakes(
    words: list[str],
    code: int,
    message: str,
    site: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(site)
    assert main(["run", *words]) == code
    printed = capsys.readouterr()
    assert message in printed.err
    assert printed.out == ""


def test_a_recording_ends_with_who_was_seen_on_standard_error(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(site)
    assert main(["run", "clip.mp4", "--gallery", "people.db"]) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "Ada" in printed.err
    assert "add --report DIR" in printed.err


def test_a_recording_without_a_face_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_portrait_clip(tmp_path / "empty.mp4", seconds=0.5)
    assert main(["run", str(tmp_path / "empty.mp4"), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["people"], document["compared"]) == ([], False)
    assert main(["run", str(tmp_path / "empty.mp4")]) == 0
    assert "No face was seen." in capsys.readouterr().err


def test_a_run_on_photographs_gets_a_folder_of_its_own(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    photos = ["run", str(FACES / "Ada.jpg"), str(FACES / "Hedy.jpg"), "--gallery", str(site / "people.db")]
    for _ in range(2):
        assert main([*photos, "--report", "sorted"]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sorted", "sorted-2"]
    (tmp_path / "sorted" / "Ada" / "mine.txt").write_text("keep me")
    capsys.readouterr()
    assert main([*photos, "--report", "sorted", "--overwrite"]) == 2
    assert "new or empty" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "sorted" / "Ada").iterdir()] == ["mine.txt"]
    assert main([*photos[:2], *photos[3:], "--report", "sorted-2", "--overwrite"]) == 0
    assert sorted(path.name for path in (tmp_path / "sorted-2").rglob("*")) == ["Ada", "Ada.jpg", "people.csv"]


def test_photographs_and_a_recording_never_share_a_folder(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    gallery = ["--gallery", str(site / "people.db"), "--report", "out"]
    assert main(["run", str(FACES / "Ada.jpg"), *gallery]) == 0
    assert main(["run", str(site / "clip.mp4"), *gallery]) == 0
    assert (tmp_path / "out-2" / "index.html").is_file()
    assert main(["run", str(FACES / "Ada.jpg"), *gallery]) == 0
    assert (tmp_path / "out-3" / "people.csv").is_file()


def test_unreadable_photographs_alone_are_a_failure(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    for gallery in ([], ["--gallery", str(site / "people.db")]):
        assert main(["run", str(tmp_path / "bad.jpg"), *gallery]) == 1
        assert "not a picture" in capsys.readouterr().out
