"""`glimpse enroll` with the shipped models and portraits that may be shown."""

import json
import os
import shutil
import unicodedata
from pathlib import Path

import cv2
import numpy as np
import pytest

from detectors.arrays import Image
from glimpse.command.app import main
from glimpse.command.enroll_told_apart import distance_metres
from pipeline.erase.__main__ import main as erase
from pipeline.sinks.report.records import TrackRecord
from pipeline.sinks.report.tracks_csv import tracks_to_csv
from recognizer.gallery.store import Gallery
from tests.synthetic.portraits import write_group
from tests.synthetic.video import write_clip

FACES = Path(__file__).parents[3] / "docs" / "faces"


def portrait(name: str) -> Image:
    """A portrait of 256x256, BGR uint8."""
    return np.asarray(cv2.imread(str(FACES / f"{name}.jpg")), np.uint8)


def enrolled(gallery: Path) -> dict[str, int]:
    with Gallery(gallery) as opened:
        return {person.name: person.faces for person in opened.people()}


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "people.db"


def enroll(db: Path, *words: str | Path) -> int:
    return main(["enroll", *map(str, words), "--gallery", str(db)])


def test_somebody_elses_photograph_in_a_folder_is_warned_of_or_refused(
    db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "faces" / "Ada").mkdir(parents=True)
    shutil.copy(FACES / "Ada.jpg", tmp_path / "faces" / "Ada" / "1.jpg")
    cv2.imwrite(str(tmp_path / "faces" / "Ada" / "2.png"), portrait("Ada")[:, ::-1])
    shutil.copy(FACES / "Ben.jpg", tmp_path / "faces" / "Ada" / "3.jpg")
    assert enroll(db, tmp_path / "faces", "--json") == 0
    pictures = {picture["source"]: picture for picture in json.loads(capsys.readouterr().out)["pictures"]}
    assert pictures["Ada/2.png"]["warning"] == ""
    assert pictures["Ada/3.jpg"]["verdict"] == "taken"
    assert pictures["Ada/3.jpg"]["warning"].startswith(
        "does not look like any of the other 2 photographs of Ada: score 0."
    )
    strict = tmp_path / "strict.db"
    assert enroll(strict, tmp_path / "faces", "--refuse-doubtful") == 0
    assert "refused Ada/3.jpg: does not look like any of the other 2 photographs of Ada" in capsys.readouterr().out
    assert enrolled(strict) == {"Ada": 2}


def test_each_person_gets_a_line_with_sizes_and_the_distance_at_which_they_are_told_apart(
    db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    long_name = "Ada " + "Maria " * 20 + "Lovelace"
    folder = tmp_path / "faces"
    folder.mkdir()
    shutil.copy(FACES / "Ada.jpg", folder / f"{long_name}.jpg")
    shutil.copy(FACES / "Ben.jpg", folder)
    assert enroll(db, folder) == 0
    first, second, *rest = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{long_name}: 1 taken; face 10")  # never cut
    assert "can be named from 12 px, about 16 m away" in first
    assert second.startswith("Ben: 1 taken; face 12")
    assert rest[0] == "2 people, everybody has a picture."
    assert "90 degrees" in rest[1]


def test_the_exit_code_is_1_only_where_somebody_has_no_picture(
    db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for person in ("Ada", "Nobody"):
        (tmp_path / "faces" / person).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / "faces" / person / "grey.png"), np.full((200, 200, 3), 90, np.uint8))
    shutil.copy(FACES / "Ada.jpg", tmp_path / "faces" / "Ada")
    assert enroll(db, tmp_path / "faces") == 1
    out = capsys.readouterr().out
    assert "Ada: 1 taken, 1 refused" in out
    assert "  refused Ada/grey.png: no face" in out
    assert "Nobody: 1 refused; no picture" in out
    assert "without a picture: Nobody." in out
    assert "taken Ada/Ada.jpg" not in out
    shutil.rmtree(tmp_path / "faces" / "Nobody")
    assert enroll(db, tmp_path / "faces", "-v") == 0  # Ada is enrolled, and a picture of hers is refused
    assert "  already enrolled Ada/Ada.jpg" in capsys.readouterr().out


def test_a_folder_that_macos_has_written_is_one_person(
    db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its name is decomposed; names are stored composed. Pictures taken and refused are those of one person."""
    folder = tmp_path / "faces" / unicodedata.normalize("NFD", "Zoë")
    folder.mkdir(parents=True)
    shutil.copy(FACES / "Ada.jpg", folder)
    cv2.imwrite(str(folder / "grey.png"), np.full((200, 200, 3), 90, np.uint8))
    assert enroll(db, tmp_path / "faces") == 0
    assert "1 person, everybody has a picture." in capsys.readouterr().out


def test_pictures_and_folders_are_of_the_person_named(db: Path, tmp_path: Path) -> None:
    (tmp_path / "more" / "deep").mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "more" / "deep" / "smaller.png"), cv2.resize(portrait("Ada"), (200, 200)))
    assert enroll(db, FACES / "Ada.jpg", tmp_path / "more", "--name", "Ada Lovelace") == 0
    assert enrolled(db) == {"Ada Lovelace": 2}
    assert enroll(db, FACES / "Ben.jpg") == 0  # a picture without --name is named for its file
    assert enrolled(db) == {"Ada Lovelace": 2, "Ben": 1}


def test_the_clear_frames_of_a_clip_are_enrolled_and_named(
    db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Grey frames and frames with two people stand between those of one."""
    ada, grey = portrait("Ada"), np.full((256, 512, 3), 90, np.uint8)
    alone = np.hstack([ada, grey[:, :256]])
    both = np.hstack([ada, portrait("Ben")])
    clip = write_clip(tmp_path / "door.mp4", [*[grey] * 12, *[both] * 12, *[alone] * 12], fps=12)
    assert enroll(db, clip, "--name", "Ada", "-v", "--json") == 0
    pictures = json.loads(capsys.readouterr().out)["pictures"]
    assert pictures[0]["source"] == "door at 2.0 s"
    assert {picture["source"] for picture in pictures} <= {"door at 2.0 s", "door at 2.5 s"}
    assert list(enrolled(db)) == ["Ada"]


def test_a_clip_without_one_clear_face_says_so(db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip = write_clip(tmp_path / "empty.mp4", [np.full((96, 128, 3), 90, np.uint8)] * 12)
    assert enroll(db, clip, "--name", "Ada") == 1
    assert "refused empty: no frame of 2 shows exactly one clear face" in capsys.readouterr().out
    assert enroll(db, clip) == 2
    assert "whose face" in capsys.readouterr().err


def test_a_picture_with_two_faces_is_refused_with_the_way_to_see_them(
    db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_group(tmp_path / "two.png", "Ada", "Ben")
    assert enroll(db, tmp_path / "two.png", "--name", "Ada") == 1
    assert "Add --review page.html to see which faces were found" in capsys.readouterr().out


def test_a_missing_webcam_is_a_refusal_with_its_reason(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert enroll(db, "--webcam", "97", "--name", "Ada", "--seconds", "0.5") == 1
    out = capsys.readouterr().out
    assert "refused video97: no such device; " in out
    assert "video device" in out.partition("no such device")[2]
    assert "--review" not in out


def write_report(folder: Path, **crops: str) -> Path:
    """A report with a track of camera `door` for each crop: track3="Ada"."""
    (folder / "faces").mkdir(parents=True)
    records = []
    for track, person in crops.items():
        record = TrackRecord("door", int(track.removeprefix("track")), 0.0, 1.0, crop=f"door-{track[5:]}.jpg")
        cv2.imwrite(str(folder / "faces" / record.crop), cv2.resize(portrait(person), (192, 192)))
        records.append(record)
    (folder / "tracks.csv").write_bytes(tracks_to_csv(records))
    return folder


def test_the_best_crops_of_a_report_are_enrolled(db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = write_report(tmp_path / "night", track3="Ada", track7="Ben")
    assert enroll(db, "--from-report", report, "door-3=Ada", "7=Ben") == 0
    assert enrolled(db) == {"Ada": 1, "Ben": 1}
    assert enroll(db, "--from-report", report, "door-9=Cleo") == 2
    assert "track door-9: expected one track of the report, got 0; it has door-3, door-7" in capsys.readouterr().err
    assert enroll(db, "--from-report", report, "door-3") == 2
    assert "expected TRACK=NAME" in capsys.readouterr().err
    assert enroll(db, "--from-report", tmp_path, "3=Ada") == 2
    assert "found no tracks.csv" in capsys.readouterr().err


def test_the_review_shows_every_picture_and_only_its_owner_may_read_it(
    db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "faces"
    folder.mkdir()
    shutil.copy(FACES / "Ada.jpg", folder / "<b>Ada.jpg")
    cv2.imwrite(str(folder / "Two.png"), np.hstack([portrait("Ben"), portrait("Cleo")]))
    page = tmp_path / "new" / "review.html"
    assert enroll(db, folder, "--review", page, "--json") == 1
    people = json.loads(capsys.readouterr().out)["people"]
    assert [(person["person"], person["taken"]) for person in people] == [("<b>Ada", 1), ("Two", 0)]
    text = page.read_text()
    assert text.count("data:image/jpeg") == 2
    assert "two faces: ambiguous" in text
    assert "<b>Ada" not in text  # names are escaped
    assert page.stat().st_mode & 0o077 == 0


def test_a_person_is_erased_from_a_review(db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, page = tmp_path / "faces", tmp_path / "site" / "review.html"
    folder.mkdir()
    for name in ("Ada", "Ben"):
        shutil.copy(FACES / f"{name}.jpg", folder / f"{name} O'Neil.jpg")
    assert enroll(db, folder, "--review", page) == 0
    before = page.read_bytes()
    assert before.count(b"data:image/jpeg") == 2
    assert erase(["Ada O'Neil", str(page.parent)]) == 0
    assert "review.html: 1 parts emptied, name overwritten in 1 places" in capsys.readouterr().out
    after = page.read_bytes()
    assert (len(after), after.count(b"data:image/jpeg")) == (len(before), 1)
    assert b"Ada" not in after
    assert after.count(b"Ben O&#39;Neil") == before.count(b"Ben O&#39;Neil")
    assert erase(["Ada O'Neil", str(page.parent)]) == 0


def test_the_faces_that_were_found_are_told(db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "Two.png"
    cv2.imwrite(str(picture), np.hstack([portrait("Ben"), portrait("Cleo")]))
    assert enroll(db, picture, FACES / "Finn.jpg", "--json") == 1
    two, finn = json.loads(capsys.readouterr().out)["pictures"]
    assert sorted(box[0] > 256 for box in two["boxes"]) == [False, True]
    assert (len(finn["boxes"]), finn["turned"]) == (1, 0)


def test_portraits_of_the_demo_are_all_taken_upright(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Edda's collar was taken for a second person, and Finn was turned on his head."""
    assert enroll(db, FACES, "--json") == 0
    people = json.loads(capsys.readouterr().out)["people"]
    assert len(people) == 8
    assert all(person["taken"] == 1 and person["face_px"][0] > 75 for person in people)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "WHAT: expected a folder"),
        (["--webcam", "0"], "give --name"),
        (["nowhere.jpg"], "no such file"),
        (["--from-report", ".", "3=Ada", "--name", "Ada"], "neither --name nor --webcam"),
        (["--webcam", "door.mp4", "--name", "Ada"], "door.mp4"),
        (["--webcam", "0", "--name", "Ada", "--seconds", "-1"], "--seconds -1"),
        (["faces", "--detector", "no.onnx"], "no.onnx"),
    ],
)
def test_wrong_usage_exits_with_2(
    words: list[str],
    message: str,
    db: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert enroll(db, *words) == 2
    assert message in capsys.readouterr().err
    assert not db.exists()


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["enroll", "--help"]) == 0
    out = capsys.readouterr().out
    assert "glimpse enroll clip.mp4 --name Ada" in out
    assert "--min-mirror" in out


def test_the_distance_is_that_of_a_1080p_camera_of_90_degrees() -> None:
    assert distance_metres(16) == pytest.approx(12.0)  # 960 px of focal length times 0.2 m


def test_every_file_that_is_left_out_has_one_line(db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also one that would have been somebody's only picture; links and pipes are not opened."""
    folder = tmp_path / "faces"
    folder.mkdir()
    shutil.copy(FACES / "Ada.jpg", folder)
    os.mkfifo(folder / "Bob.jpg")
    (folder / "Cy").symlink_to("Cy")
    (folder / "notes.txt").write_text("no picture")
    (folder / "._Ada.jpg").write_bytes(b"")
    for words in ((folder,), (folder, "--verbose")):
        assert enroll(db, *words) == 0
        out = capsys.readouterr().out.splitlines()
        for name in ("Bob.jpg", "Cy", "notes.txt"):
            assert len([line for line in out if line.startswith(f"left out {name}: not a ")]) == 1, out
        assert "1 hidden or system entry left out (._Ada.jpg)" in out
