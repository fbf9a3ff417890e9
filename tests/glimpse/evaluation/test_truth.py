"""Tables of truth: what is read, and that bad rows are named by their lines."""

from pathlib import Path

import pytest

from glimpse.errors import SettingsError
from glimpse.evaluation.truth import SHOWN, Presence, parse_moment, read_truth


def table(folder: Path, text: str) -> Path:
    (folder / "truth.csv").write_text(text, encoding="utf-8")
    return folder / "truth.csv"


def test_the_table_of_a_report_will_do(tmp_path: Path) -> None:
    report = table(
        tmp_path, "camera,track,first_seconds,last_seconds,state,person\nx,1,0.5,4.0,named,Ada\nx,2,1,2,unknown,\n"
    )
    assert read_truth(report) == [Presence("Ada", 0.5, 4.0, "x", line=2), Presence(None, 1.0, 2.0, "x", line=3)]


def test_sizes_and_dates_are_read(tmp_path: Path) -> None:
    text = "Clip,Who,From,To,Size\nin,Ada,2026-11-27T10:00:00+00:00,2026-11-27T11:00:30.5+01:00,17.5\n"
    [presence] = read_truth(table(tmp_path, text))
    assert (presence.first, presence.last) == (1795773600.0, 1795773630.5)
    assert (presence.place, presence.face_px, presence.is_dated) == ("in", 17.5, True)


def test_a_marked_file_of_a_spreadsheet_and_names_of_two_forms_are_read(tmp_path: Path) -> None:
    path = tmp_path / "truth.csv"
    path.write_bytes("person,from,to\r\nRene\u0301,0,1\r\n".encode("utf-8-sig"))
    assert read_truth(path)[0].person == "Ren\u00e9"


@pytest.mark.parametrize(("text", "seconds"), [("75", 75), (" 1:15.5", 75.5), ("1:00:02", 3602)])
def test_moments_are_seconds_or_clock_times(text: str, seconds: float) -> None:
    assert parse_moment(text) == seconds


@pytest.mark.parametrize("text", ["", "nan", "inf", "-1", "1:2:3:4", "1e400", "x"])
def test_other_moments_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_moment(text)


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
        ("person,from,to\nAda,0,1\nAda,0,2026-11-27T10:00\n", "line 3: expected seconds or h:mm:ss"),
        ("person,from,to\nAda,2026-13-27T10:00,2026-11-27T10:00\n", "line 2: expected seconds or h:mm:ss"),
        ("person,from,to,face_px\nAda,0,1,small\n", "line 2: expected pixels above 0 or nothing in face_px"),
        ("person,from,to,face_px\nAda,0,1,nan\n", "line 2: expected pixels above 0"),
    ],
)
def test_a_table_that_cannot_be_used_is_named_with_its_line(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=message):
        read_truth(table(tmp_path, text))
    with pytest.raises(SettingsError, match="no such file"):
        read_truth(tmp_path / "nowhere.csv")


def test_all_bad_rows_are_named_at_once(tmp_path: Path) -> None:
    rows = "".join(f"Ada,{number},0\n" for number in range(1, SHOWN + 3))
    with pytest.raises(SettingsError) as error:
        read_truth(table(tmp_path, f"person,from,to\nAda,0,1\n{rows}"))
    lines = str(error.value).splitlines()
    assert len(lines) == SHOWN + 1
    assert "line 3: expected to after from" in lines[0]
    assert lines[-1] == "… and 2 more bad rows"
