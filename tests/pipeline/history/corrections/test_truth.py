"""The table of truth that operators' corrections make."""

import csv
import io
from pathlib import Path

import pytest

from glimpse.evaluation.truth import read_truth
from pipeline.history.corrections.name_group import whole_group
from pipeline.history.corrections.this_is import this_is
from pipeline.history.corrections.this_is_not import this_is_not
from pipeline.history.corrections.truth import SaidTrack, confirmed_tracks, said_tracks, write_truth
from tests.synthetic.corrections import ADA, BOB, STRANGER, make_site, open_desk


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_confirmed_and_corrected_tracks_are_written_and_others_are_not(tmp_path: Path) -> None:
    with open_desk(make_site(tmp_path)) as desk:
        this_is(desk, ADA, "Ada")
        this_is_not(desk, BOB, "Bob")
        file = io.StringIO()
        assert write_truth(file, said_tracks(desk.database), strangers=False) == (1, 1)
        [row] = rows(file.getvalue())
        assert (row["person"], row["camera"], row["track"]) == ("Ada", "door", str(ADA))
        assert row["from"] <= row["to"]
        file = io.StringIO()
        assert write_truth(file, said_tracks(desk.database), strangers=True) == (2, 0)
        assert sorted(row["person"] for row in rows(file.getvalue())) == ["Ada", "stranger"]


HOSTILE = ["=HYPERLINK(1)", "+1", "-2", "@SUM(A1)", "'=1", "'Neil", "\uff1d1", "Ada, Bob", '"']


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_is_a_formula_and_evaluate_reads_it_unchanged(name: str, tmp_path: Path) -> None:
    track = SaidTrack(1, name, 0.0, 1.0, 20.0, name)
    path = tmp_path / "truth.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        write_truth(file, iter([track]), strangers=False)
    [row] = rows(path.read_text(encoding="utf-8"))
    assert not row["person"].startswith(("=", "+", "-", "@", "\uff1d"))
    assert not row["camera"].startswith(("=", "+", "-", "@", "\uff1d"))
    [presence] = read_truth(path)
    assert (presence.person, presence.place) == (name, name)


def test_a_track_that_is_one_and_not_another_is_the_one(tmp_path: Path) -> None:
    with open_desk(make_site(tmp_path)) as desk:
        this_is_not(desk, BOB, "Bob")
        this_is(desk, BOB, "Ada")
        this_is(desk, STRANGER, "Cleo")
        found = {track.track: track.person for track in said_tracks(desk.database)}
    assert found == {BOB: "Ada", STRANGER: "Cleo"}


def test_only_tracks_of_the_time_that_is_asked_for(tmp_path: Path) -> None:
    with open_desk(make_site(tmp_path)) as desk:
        this_is(desk, ADA, "Ada")
        [track] = said_tracks(desk.database)
        assert list(said_tracks(desk.database, since=track.first_seen)) == [track]
        assert list(said_tracks(desk.database, before=track.first_seen)) == []
        assert list(said_tracks(desk.database, since=track.first_seen + 1)) == []


def test_a_track_is_confirmed_by_itself_and_not_as_one_of_a_group(tmp_path: Path) -> None:
    with open_desk(make_site(tmp_path)) as desk:
        this_is(desk, ADA, "Ada")
        this_is_not(desk, BOB, "Bob")
        this_is(desk, STRANGER, "Cleo", part_of=whole_group(7))
        assert confirmed_tracks(desk.database, [ADA, BOB, STRANGER]) == {ADA: "Ada"}
        assert confirmed_tracks(desk.database, [BOB]) == confirmed_tracks(desk.database, []) == {}
