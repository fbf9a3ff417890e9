"""`glimpse blur`: who is seen in the copy, what it prints, and what it refuses."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from detectors.arrays import Image
from glimpse import compare, find
from glimpse.command.app import main
from tests.synthetic.portraits import FACES, write_portrait_clip


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, entered, with a gallery of Ada and a clip in which Ada and Hedy are."""
    monkeypatch.chdir(tmp_path)
    assert main(["enroll", str(FACES / "Ada.jpg"), "--name", "Ada", "--gallery", "people.db"]) == 0
    write_portrait_clip(tmp_path / "clip.mp4", "Ada", "Hedy", seconds=1.5)
    return tmp_path


def middle_frame(film: Path) -> Image:
    video = cv2.VideoCapture(str(film))
    video.set(cv2.CAP_PROP_POS_FRAMES, 7)
    image = video.read()[1]
    video.release()
    return np.asarray(image, np.uint8)


def test_only_who_may_be_seen_is_recognised_in_the_copy(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["blur", "clip.mp4", "--except", "Ada", "--gallery", "people.db", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["film"], told["frames"], told["faces"], told["shown"]) == ("clip-blurred.mp4", 15, 2, ["Ada"])
    assert told["sound"] is False
    before, after = middle_frame(site / "clip.mp4"), middle_frame(site / "clip-blurred.mp4")
    assert len(find(before)) == 2
    assert len(find(after)) == 1
    assert compare(after, FACES / "Ada.jpg").same


def test_nobody_is_seen_without_except(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["blur", "clip.mp4", "--out", "nobody.mp4"]) == 0
    assert find(middle_frame(site / "nobody.mp4")) == []
    printed = capsys.readouterr().out
    assert "2 faces followed in 15 frames" in printed
    assert "Look at it before you hand it on" in printed
    assert (site / "nobody.mp4").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["nowhere.mp4"], 3, "nowhere.mp4: expected a recording, found no such file"),
        (["clip.mp4", "--out", "clip.mp4", "--overwrite"], 2, "--out clip.mp4: expected a new file"),
        (["clip.mp4", "--out", "copy.avi"], 2, "--out copy.avi: expected a name that ends in .mp4"),
        (["clip.mp4", "--except", "Ada"], 2, "--except: expected --gallery"),
        (["clip.mp4", "--except", "Bob", "--gallery", "people.db"], 2, "--except Bob: expected somebody enrolled"),
        (["notes.mp4"], 3, "error: notes: not a video"),
    ],
)
def test_what_cannot_be_done_is_said(
    site: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, sentence: str
) -> None:
    (site / "notes.mp4").write_text("no film")
    assert main(["blur", *arguments]) == code
    assert sentence in capsys.readouterr().err
    assert not list(site.glob(".*mp4"))
    assert not (site / "notes-blurred.mp4").exists()
