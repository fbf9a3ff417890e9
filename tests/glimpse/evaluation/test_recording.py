"""One recording against a table of who is in it."""

from pathlib import Path

import pytest

from glimpse import Gallery
from glimpse.errors import SettingsError, SourceError
from glimpse.evaluation.recording import Verdict, evaluate_recording, evaluate_recordings
from tests.synthetic.portraits import portrait, write_portrait_clip

pytestmark = pytest.mark.timeout(90)  # several recordings are run


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds with Ada and Hedy."""
    return write_portrait_clip(tmp_path_factory.mktemp("recording") / "clip.mp4", "Ada", "Hedy")


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    gallery = Gallery(tmp_path_factory.mktemp("people") / "people.db")
    gallery.enroll("Ada", portrait("Ada"))
    gallery.enroll("Ben", portrait("Ben"))
    return gallery


def table(folder: Path, text: str) -> Path:
    (folder / "truth.csv").write_text(text, encoding="utf-8")
    return folder / "truth.csv"


def test_who_is_there_is_named_and_who_is_not_is_missed(clip: Path, people: Gallery, tmp_path: Path) -> None:
    truth = table(tmp_path, "person,from,to\nAda,0,0:02\nBen,0,0:02\nstranger,0,0:02\n")
    done = evaluate_recording(clip, truth, people)
    ada, ben, stranger = done.answers
    assert ada.named_at is not None
    assert ada.face_px == pytest.approx(46, abs=4)
    assert (ben.named_at, stranger.named_at) == (None, None)
    assert (done.named, len(done.people), done.tracks, done.false_names) == (1, 2, 2, ())


def test_a_name_of_somebody_who_is_not_there_is_false(clip: Path, people: Gallery, tmp_path: Path) -> None:
    done = evaluate_recording(clip, table(tmp_path, "person,from,to\nBen,0,2\n"), people)
    [name] = done.false_names
    assert (name.person, done.named) == ("Ada", 0)
    assert 0 <= name.first < name.last <= 2


def test_several_recordings_are_counted_by_camera_and_size(clip: Path, people: Gallery, tmp_path: Path) -> None:
    other = write_portrait_clip(tmp_path / "till.mp4", "Ben", seconds=1.0)
    truth = table(tmp_path, "clip,person,from,to\nclip,Ada,0,2\ntill.mp4,Ada,0,1\ntill,,0,1\nclip,stranger,0,2\n")
    done = evaluate_recordings([clip, other], truth, people)
    assert [(row.label, row.right, row.wrong, row.missed, row.strangers) for row in done.cameras] == [
        ("clip.mp4", 1, 0, 0, 1),
        ("till.mp4", 0, 1, 0, 1),
    ]
    ada_at_the_till = done.answers[2]
    assert (ada_at_the_till.verdict, ada_at_the_till.wrong) == (Verdict.WRONG, ("Ben",))
    assert [(row.people, row.strangers) for row in done.sizes] == [(1, 1), (1, 0), (0, 1)]
    low, high = done.cameras[0].right_interval
    assert (round(low, 3), high) == (0.207, 1.0)
    assert [name.clip for name in done.false_names] == ["till.mp4"]


def test_a_table_of_some_people_says_nothing_of_the_others(clip: Path, people: Gallery, tmp_path: Path) -> None:
    truth = table(tmp_path, "person,from,to\nBen,0,0.1\n")
    assert evaluate_recordings([clip], truth, people, partial=True).false_names == ()
    assert len(evaluate_recordings([clip], truth, people).false_names) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("person,from,to\nAda,0,1\n", "truth.csv, line 2: expected the clip in a column, as there are 2"),
        ("clip,person,from,to\ndoor,Ada,0,1\n", "truth.csv, line 2: expected one of clip.mp4, clip.mp4, got 'door'"),
        ("clip,person,from,to\nclip,Zoe,0,1\n", "truth.csv, line 2: expected somebody enrolled, or stranger, got Zoe"),
        (
            "clip,person,from,to\n,Ada,2026-11-27T10:00,2026-11-27T10:01\n",
            "truth.csv, line 2: expected seconds, as nothing says when clip.mp4 began",
        ),
    ],
)
def test_rows_of_no_clip_are_refused(clip: Path, people: Gallery, text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=message):
        evaluate_recordings([clip, clip], table(tmp_path, text), people)


@pytest.mark.parametrize(("first", "last"), [("1:00:00", "1:00:05"), ("0:01", "0:00:04"), ("0", "1e300")])
def test_times_outside_the_recording_are_refused(
    first: str, last: str, clip: Path, people: Gallery, tmp_path: Path
) -> None:
    truth = table(tmp_path, f"person,from,to\nAda,0,3\nAda,{first},{last}\n")
    message = rf"truth\.csv, line 3: expected times within clip\.mp4, which is 2\.0 s long, got {first} to {last}$"
    with pytest.raises(SettingsError, match=message):
        evaluate_recording(clip, truth, people)


def test_a_recording_that_is_not_there_is_a_source_error(people: Gallery, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        evaluate_recording(tmp_path / "x.mp4", table(tmp_path, "person,from,to\nAda,0,1\n"), people)
