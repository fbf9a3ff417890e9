"""Which rows of a table are of which clip."""

from pathlib import Path

import pytest

from glimpse.errors import SettingsError
from glimpse.evaluation.clip import Clip, check_places, check_times, clip_seconds, open_clip, rows_of
from glimpse.evaluation.truth import Presence
from pipeline.film.clip import describe_origin
from pipeline.film.segments import segment_name
from tests.synthetic.portraits import write_portrait_clip

START = 1_795_773_600.0


def test_a_film_of_a_node_says_whose_it_is_and_when_it_began(tmp_path: Path) -> None:
    folder = tmp_path / "door"
    folder.mkdir()
    clip = open_clip(folder / segment_name(START, START + 60))
    assert (clip.camera, clip.start, clip.label) == ("door", START, "door")


def test_another_recording_has_its_file_name(tmp_path: Path) -> None:
    path = write_portrait_clip(tmp_path / "night.mp4", "Ada", seconds=0.5)
    assert open_clip(path) == Clip(path)
    assert 0.4 <= (clip_seconds(path) or 0.0) <= 0.6
    assert open_clip(tmp_path / "none.mp4").label == "none.mp4"
    assert clip_seconds(tmp_path / "none.mp4") is None


def test_what_a_clip_says_of_itself_is_read_back() -> None:
    assert describe_origin("door", START + 0.25) == "glimpse: camera door from 2026-11-27T10:00:00.250+00:00"


def test_dated_rows_count_from_the_clips_start_and_only_where_it_shows_them() -> None:
    clip = Clip(Path("a.mp4"), "door", START)
    rows = [
        Presence("Ada", START + 5, START + 9, "door", is_dated=True, line=2),
        Presence("Ben", START - 3, START + 2, is_dated=True, line=3),
        Presence("Cleo", START + 5, START + 9, "till", is_dated=True, line=4),
        Presence("Dan", START + 90, START + 99, "door", is_dated=True, line=5),
        Presence("Edda", START - 9, START - 1, "door", is_dated=True, line=6),
    ]
    check_places([clip, clip], rows)
    found = rows_of(clip, [clip, clip], rows, 60.0)
    assert [(row.person, row.first, row.last) for row in found] == [("Ada", 5.0, 9.0), ("Ben", 0.0, 2.0)]


def test_one_recording_takes_rows_of_any_one_camera() -> None:
    clip, rows = Clip(Path("a.mp4")), [Presence("Ada", 0, 1, "door", line=2)]
    check_places([clip], rows)
    assert rows_of(clip, [clip], rows, None) == rows


def test_the_longest_clip_that_a_row_may_be_of_counts_and_one_of_unknown_length_takes_any(tmp_path: Path) -> None:
    short = Clip(write_portrait_clip(tmp_path / "a.mp4", "Ada", seconds=0.5), "door")
    long = Clip(write_portrait_clip(tmp_path / "b.mp4", "Ada", seconds=3), "door")
    row = Presence("Ada", 0, 3.5, "door", line=2)
    check_times([short, long], [row])
    with pytest.raises(SettingsError, match=r"expected times within a\.mp4, which is 0\.5 s long"):
        check_times([short], [row])
    check_times([Clip(tmp_path / "none.mp4")], [row])
    check_times([short], [Presence("Ada", START, START + 9, "door", is_dated=True, line=2)])
