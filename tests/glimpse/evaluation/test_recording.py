"""One recording against a table of who is in it."""

from pathlib import Path

import pytest

from glimpse import Gallery
from glimpse.errors import SettingsError, SourceError
from glimpse.evaluation.recording import Presence, evaluate_recording, parse_moment, read_truth
from tests.synthetic.portraits import portrait, write_portrait_clip


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


def test_the_table_of_a_report_will_do(tmp_path: Path) -> None:
    report = table(
        tmp_path, "camera,track,first_seconds,last_seconds,state,person\nx,1,0.5,4.0,named,Ada\nx,2,1,2,unknown,\n"
    )
    assert read_truth(report) == [Presence("Ada", 0.5, 4.0), Presence(None, 1.0, 2.0)]


@pytest.mark.parametrize(("text", "seconds"), [("75", 75), (" 1:15.5", 75.5), ("1:00:02", 3602)])
def test_moments_are_seconds_or_clock_times(text: str, seconds: float) -> None:
    assert parse_moment(text) == seconds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "found none"),
        ("name,from,to\n", "expected columns person, from and to, found name, from, to"),
        ("person,from,to\n", "at least one row"),
        ("person,from,to\nAda,soon,2\n", "line 2: expected seconds or h:mm:ss"),
        ("person,from,to\nAda,-1,2\n", "line 2: expected seconds"),
        ("person,from,to\nAda,3,2\n", "line 2: expected to after from"),
        ("person,from,to\nAda,3\n", "line 2: expected seconds"),
    ],
)
def test_a_table_that_cannot_be_used_is_named_with_its_line(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=message):
        read_truth(table(tmp_path, text))
    with pytest.raises(SettingsError, match="no such file"):
        read_truth(tmp_path / "nowhere.csv")


def test_a_recording_that_is_not_there_is_a_source_error(people: Gallery, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        evaluate_recording(tmp_path / "x.mp4", table(tmp_path, "person,from,to\nAda,0,1\n"), people)
