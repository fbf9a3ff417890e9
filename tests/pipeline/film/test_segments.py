"""Names of files, and which one shows a moment."""

from pathlib import Path

import pytest

from pipeline.film.segments import find_moment, list_all_segments, list_segments, read_segment, segment_name

START = 1_700_000_000.25


def touch(folder: Path, camera: str, start: float, end: float | None = None) -> Path:
    path = folder / camera / segment_name(start, end)
    path.parent.mkdir(exist_ok=True)
    path.touch()
    return path


def test_a_name_is_utc_and_is_read_as_it_was_written() -> None:
    assert segment_name(START, START + 300) == "20231114T221320.250Z--20231114T221820.250Z.mkv"
    found = read_segment(Path("x") / segment_name(START, START + 300))
    assert found is not None
    assert (found.start, found.end) == (START, START + 300)
    assert segment_name(0.9996) == "19700101T000001.000Z.mkv"


@pytest.mark.parametrize("name", ["notes.txt", "20231114T221320.250Z.mp4", "20231399T221320.250Z.mkv", ".x.mkv"])
def test_other_files_are_not_ours(name: str) -> None:
    assert read_segment(Path(name)) is None


def test_a_moment_is_found_in_its_file_and_nowhere_in_a_gap(tmp_path: Path) -> None:
    first = touch(tmp_path, "door", START, START + 10)
    second = touch(tmp_path, "door", START + 20, START + 30)
    touch(tmp_path, "yard", START, START + 100)
    assert find_moment(tmp_path, "door", START + 4) == (first, 4.0)
    assert find_moment(tmp_path, "door", START + 20.5) == (second, 0.5)
    for outside in (START - 1, START + 15, START + 31):
        assert find_moment(tmp_path, "door", outside) is None
    assert find_moment(tmp_path, "nobody", START) is None


@pytest.mark.parametrize("name", ["", ".", "..", "../door", "a/b", "/etc", "door\0"])
def test_what_is_no_name_of_a_camera_has_no_film(tmp_path: Path, name: str) -> None:
    touch(tmp_path, "door", START, START + 10)
    (tmp_path / "other").mkdir()
    assert list_segments(tmp_path / "other", name) == []
    assert find_moment(tmp_path / "other", name, START) is None


def test_the_open_file_shows_what_follows_and_one_of_a_killed_run_ends_with_the_next(tmp_path: Path) -> None:
    killed, now = touch(tmp_path, "door", START), touch(tmp_path, "door", START + 60)
    assert find_moment(tmp_path, "door", START + 59) == (killed, 59.0)
    assert find_moment(tmp_path, "door", START + 61) == (now, 1.0)
    assert find_moment(tmp_path, "door", START + 9000) is None


def test_files_of_all_cameras_are_in_the_order_of_time(tmp_path: Path) -> None:
    paths = [touch(tmp_path, name, START + n) for n, name in enumerate(("door", "yard", "door"))]
    assert [one.path for one in list_all_segments(tmp_path)] == paths
    assert [one.path for one in list_segments(tmp_path, "door")] == [paths[0], paths[2]]
    assert list_all_segments(tmp_path / "nothing") == []
