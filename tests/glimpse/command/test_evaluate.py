"""`glimpse evaluate`: what it prints, and its exit codes; what it counts is tested in tests/glimpse/evaluation."""

import json
from pathlib import Path

import cv2
import pytest

from glimpse.command.app import main
from tests.synthetic.portraits import FACES, nothing, portrait, write_portrait_clip


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, entered, with a gallery of Ada and Ben, and one more picture of Ada and of a stranger."""
    monkeypatch.chdir(tmp_path)
    for name in ("Ada", "Ben"):
        assert main(["enroll", str(FACES / f"{name}.jpg"), "--name", name, "--gallery", "people.db"]) == 0
    for place, name in (("known/Ada", "Ada"), ("others", "Hedy")):
        (tmp_path / place).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / place / "small.png"), portrait(name, 160))
    return tmp_path


def test_the_table_the_interval_and_the_setting_are_printed(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["evaluate", "known", "--gallery", "people.db", "--strangers", "others"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert "1 face of people: 1 named rightly, 0 wrongly, 0 not named" in printed.out
    assert (
        "0 of 1 face of 1 stranger got a name: with 95 % confidence fewer than 100 % do (rule of three)" in printed.out
    )
    assert "--false-alarm 0.001, or in a configuration `decision: {false_alarm: 0.001}`" in printed.out
    assert "3,000 are needed" in printed.out


def test_wrong_names_and_files_left_out_are_listed(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "known" / "Ben").mkdir()
    (site / "known" / "Ada" / "small.png").rename(site / "known" / "Ben" / "ada.png")
    (site / "known" / "Ben" / "bad.jpg").write_bytes(b"no picture")
    assert main(["evaluate", "known", "--gallery", "people.db"]) == 0
    out = capsys.readouterr().out
    assert "wrong: known/Ben/ada.png: Ben," in out
    assert "was called Ada" in out
    assert "left out: known/Ben/bad.jpg:" in out
    assert "No strangers were judged" in out


def test_a_recording_is_compared_with_its_table(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_portrait_clip(site / "clip.mp4", "Ada", "Hedy", seconds=1.5)
    (site / "truth.csv").write_text("person,from,to\nAda,0,0:01.5\nBen,0,1\nstranger,0,1\n")
    assert main(["evaluate", "clip.mp4", "--truth", "truth.csv", "--gallery", "people.db"]) == 0
    out = capsys.readouterr().out
    assert "1 of 2 named; 2 faces followed." in out
    assert "a stranger" in out
    (site / "truth.csv").write_text("person,from,to\nBen,0,1\n")
    assert main(["evaluate", "clip.mp4", "--truth", "truth.csv", "--gallery", "people.db", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [name["person"] for name in document["false_names"]] == ["Ada"]


def test_several_recordings_make_a_report_of_their_errors(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_portrait_clip(site / "door.mp4", "Ada", seconds=1.0)
    write_portrait_clip(site / "till.mp4", "Hedy", seconds=1.0)
    (site / "truth.csv").write_text("clip,person,from,to\ndoor,Ada,0,1\ntill,Ben,0,1\n")
    words = ["evaluate", "door.mp4", "till.mp4", "--truth", "truth.csv", "--gallery", "people.db", "--report", "errors"]
    assert main(words) == 0
    out = capsys.readouterr().out
    assert "camera or clip" in out
    assert "1 error with pictures: errors/index.html" in out
    assert (site / "errors" / "pictures" / "0001.jpg").is_file()
    assert main(words) == 2
    assert "expected a new or empty folder" in capsys.readouterr().err
    assert main(["evaluate", "known", "others", "--gallery", "people.db"]) == 2


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ([], 2, "evaluate needs WHAT"),
        (["none"], 2, "none: no such folder"),
        (["people.db"], 2, "people.db: expected a folder"),
        (["known", "--strangers", "none"], 2, "none: no such folder"),
        (["known", "--wished-rate", "2"], 2, "wished rate: expected above 0 and below 1"),
        (["known", "--wished-rate", "0"], 2, "wished rate"),
        (["known", "--gallery", "none.db"], 2, "none.db: no such file"),
        (["clip.mp4", "--truth", "none.csv"], 2, "truth none.csv: no such file"),
        (["known", "--truth", "none.csv", "--strangers", "others"], 2, "--truth: expected neither"),
        (["clip.mp4", "--truth", "truth.csv"], 3, "clip.mp4"),
    ],
)
def test_mistakes(words: list[str], code: int, message: str, site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "truth.csv").write_text("person,from,to\nAda,0,1\n")
    gallery = [] if "--gallery" in words else ["--gallery", "people.db"]
    capsys.readouterr()
    assert main(["evaluate", *words, *gallery]) == code
    printed = capsys.readouterr()
    assert message in printed.err
    assert printed.out == ""


def test_a_folder_named_for_nobody_enrolled_is_refused(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "known" / "Ada").rename(site / "known" / "Adda")
    assert main(["evaluate", "known", "--gallery", "people.db"]) == 2
    assert "Adda is not enrolled; did you mean Ada?" in capsys.readouterr().err


def test_without_any_face_it_fails(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cv2.imwrite(str(site / "known" / "Ada" / "small.png"), nothing())
    assert main(["evaluate", "known", "--gallery", "people.db"]) == 1
    assert "1 not found in the picture" in capsys.readouterr().out
