"""A file that was written in the future says that the clock is or was wrong."""

import os
from pathlib import Path

import pytest

from glimpse.doctor import Health
from glimpse.doctor_file_times import MOST_AHEAD_SECONDS, examine_file_times
from pipeline.site.site_time import use_zone


def written(path: Path, at: float) -> Path:
    path.touch()
    os.utime(path, (at, at))
    return path


@pytest.mark.parametrize(
    ("now", "health"),
    [
        (900.0, Health.DOUBTFUL),
        (999.0 - MOST_AHEAD_SECONDS, Health.DOUBTFUL),
        (1000.0 - MOST_AHEAD_SECONDS, Health.GOOD),
        (1000.0, Health.GOOD),
        (5e9, Health.GOOD),
    ],
)
def test_a_clock_that_went_back_is_doubtful(tmp_path: Path, now: float, health: Health) -> None:
    assert examine_file_times([written(tmp_path / "x.db", 1000)], clock=lambda: now).health is health


def test_the_newest_of_all_files_counts_and_its_distance_is_said(tmp_path: Path) -> None:
    files = [written(tmp_path / name, at) for name, at in (("a", 10), ("b", 5000), ("c", 20))]
    found = examine_file_times(files, clock=lambda: 1000.0)
    assert found.found == "a file was written 4,000 s in the future"
    assert "set it, and let NTP keep it" in found.advice


def test_the_newest_is_said_in_the_time_of_the_site(tmp_path: Path) -> None:
    use_zone("Asia/Tokyo")
    found = examine_file_times([written(tmp_path / "a", 0)], clock=lambda: 1000.0)
    assert found.found.startswith("the newest: 1970-01-01 09:00")


def test_files_that_are_not_there_and_folders_say_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for files in ([], [tmp_path / "none.db"], [tmp_path / "folder"]):
        found = examine_file_times(files, clock=lambda: 0.0)
        assert (found.health, found.found) == (Health.GOOD, "none yet")


def test_a_file_that_this_user_may_not_look_at_or_that_just_went_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = (written(tmp_path / name, 10) for name in "abc")
    look = os.stat

    def refuse(path: str | Path, **options: bool) -> os.stat_result:
        if str(path).endswith("a"):
            raise PermissionError(13, "Permission denied", str(path))
        if str(path).endswith("b"):
            raise FileNotFoundError(2, "No such file", str(path))
        return look(path, **options)

    monkeypatch.setattr(os, "stat", refuse)
    found = examine_file_times([first, second, third], clock=lambda: 1000.0)
    assert found.found.startswith("the newest: ")
