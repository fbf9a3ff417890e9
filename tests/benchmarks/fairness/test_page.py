"""The page and its picture, from results that were not measured."""

import re
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.fairness.matches import Rate
from benchmarks.fairness.misses import Missed
from benchmarks.fairness.page import write_page
from benchmarks.fairness.people import Group, Person
from benchmarks.fairness.picture import draw
from benchmarks.fairness.result import GroupResult, Result
from benchmarks.fairness.worst import Ratio
from recognizer.calibration import read_calibration
from recognizer.load import shipped_calibration

PEOPLE = [Person("a", origin="White"), Person("b", origin="Black"), Person("c", country="Thailand")]


def rate(matches: int) -> Rate:
    return Rate(matches, 10**6, matches / 1e6, np.linspace(0.5, 1.5, 400) * matches / 1e6, 5e5)


def make_result() -> Result:
    groups = [
        Group("origin", "White", np.array([True, False, False])),
        Group("country", "Thailand", np.array([False, False, True])),
    ]
    rows = [
        GroupResult(group, rate(count), rate(3), {12: rate(count)}, Ratio(count / 8, 0.5, 3.0), large)
        for group, count, large in zip(groups, (16, 0), (True, False), strict=True)
    ]
    missed = {("LFW", which): [Missed(12, 9, 20, 5, 0.1, 0.4)] for which in ("mean", "worst")}
    ratio, factor = Ratio(2.0, 1.5, 3.0), Ratio(2.25, 1.25, 4.0)
    return Result("base", 7, 0.125, rate(8), rate(4), rows, groups[0], factor, ratio, missed, rate(9))


def test_the_page_holds_counts_intervals_and_the_factor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["fairness", "--write", "page.md"])
    page = write_page([make_result()], PEOPLE, 1e-5, "benchmarks.fairness", picture="f.png")
    assert "| base | White | 1 | 16 | 2.00 | 1.50 to 3.00 | **2.2** | 1.2 to 4.0 |" in page
    assert "| White | 1 | 16 of 1,000,000 | 16.00 | 8.4" in page
    assert "| Thailand (few) | 1 | 0 of 1,000,000 | 0.00 | 0.00 to 6.00 |" in page
    assert "| base | LFW: 9 | 12 px | 25.0 % (5/20; 10.0 to 40.0) |" in page
    assert "2 faces of UTKFace" in page
    assert "Thailand 1" in page
    assert "`python -m benchmarks.fairness`" in page
    assert "| base | 9 of 1,000,000 | 9.00 |" in page
    assert "{" not in page


def test_the_page_says_for_whom_the_default_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["fairness", "--write", "page.md"])
    result = make_result()
    surely = replace(result.groups[0], ratio=Ratio(4.0, 1.1, 9.0))
    plain = write_page([replace(result, groups=[surely])], PEOPLE, 1e-5, "m", picture="f.png")
    held = write_page([result], PEOPLE, 1e-5, "m", picture="f.png", held=["base"])
    even = write_page([replace(result, found=Ratio(1.5, 0.9, 3.0))], PEOPLE, 1e-5, "m", picture="f.png")
    assert "`base`: **does not hold for White**, with 2.00 times the mix." in plain
    assert "- `base`: White 4.0." in plain
    assert "does not hold for" not in held
    assert "`base`: the calibration holds the factor of White" in held
    assert "- `base`: none." in held
    assert "`base`: holds. The worst group, White, has 16.0 false matches in a million (8.40 to 23.60)" in even


@pytest.mark.slow
def test_the_picture_can_be_opened(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    draw([make_result(), make_result()], 1e-5, tmp_path / "new" / "f.png")
    picture = cv2.imread(str(tmp_path / "new" / "f.png"))
    assert picture is not None
    assert picture.std() > 10


@pytest.mark.parametrize("name", ["tiny", "base", "large"])
def test_the_page_that_ships_agrees_with_the_calibrations_that_ship(name: str) -> None:
    calibration = read_calibration(shipped_calibration(name))
    page = (Path(__file__).parents[3] / "docs" / "models" / "fairness.md").read_text(encoding="utf-8")
    assert (f"- `{name}`: the calibration holds the factor of" in page) is (calibration.worst_group is not None)
    assert len(re.findall(rf"^- `{name}`: (the calibration|holds\.|\*\*does not hold)", page, re.MULTILINE)) == 1
