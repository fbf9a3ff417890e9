"""Misses: which photographs are compared, and their share."""

import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.fairness.misses import MOST_VIEWS, count_missed, read_named, read_rmfd, score_own
from benchmarks.fairness.readings import SIZES_PX
from recognizer.calibration import uncalibrated
from recognizer.load import Scoring
from tests.benchmarks.test_identification import BLUE, GREEN, RED, ColourRecognizer

SCORING = Scoring(uncalibrated("colours"), None)


def test_a_photograph_like_the_enrolled_one_is_found_and_another_is_missed() -> None:
    people = {"ada": [BLUE, BLUE, RED], "ben": [GREEN, GREEN]}
    rows = count_missed(score_own(ColourRecognizer(), SCORING, people, cache=None), SCORING.calibration, 1e-5)
    assert [row.px for row in rows] == list(SIZES_PX)
    assert {(row.people, row.compared, row.missed) for row in rows} == {(2, 3, 1)}
    assert all(0 <= row.low <= 1 / 3 <= row.high <= 1 for row in rows)


def pack(path: Path, *names: str) -> Path:
    data = cv2.imencode(".webp", np.zeros((16, 16, 3), np.uint8))[1].tobytes()
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, data)
    return path


def test_people_with_one_photograph_are_left_out(tmp_path: Path) -> None:
    names = [f"{name}/{number}.webp" for name, count in (("a", 1), ("b", 2), ("c", 9)) for number in range(count)]
    people = read_named(pack(tmp_path / "p.zip", *names), most=10)
    assert {name: len(shown) for name, shown in people.items()} == {"b": 2, "c": MOST_VIEWS + 1}
    assert len(read_named(tmp_path / "p.zip", most=1)) == 1


def test_rmfd_names_stand_in_file_names(tmp_path: Path) -> None:
    path = pack(tmp_path / "rmfd.zip", "rmfd/0_0_li_0001.webp", "rmfd/0_0_li_0002.webp", "rmfd/0_0_wu_0001.webp")
    assert {name: len(shown) for name, shown in read_rmfd(path).items()} == {"0_0_li": 2}


def test_a_set_without_people_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least two people"):
        read_named(pack(tmp_path / "p.zip"), most=3)
