"""The cameras and their range maps."""

from pathlib import Path

import pytest

from pipeline.history.reader import HistoryReader
from pipeline.web.range_map import Naming
from pipeline.web.room import Room
from recognizer.decide import DecisionRule
from tests.pipeline.web.pages.conftest import at
from tests.pipeline.web.security.site import Browser
from tests.pipeline.web.showroom import make_history
from tests.pipeline.web.test_range_map import CALIBRATION


def naming() -> Naming:
    return Naming(CALIBRATION, DecisionRule(min_effective=1), people=1)


def test_all_cameras_are_listed(browser: Browser) -> None:
    text = browser.get("/cameras").text
    for name in ("door", "till", "yard"):
        assert f'href="/cameras/{name}"' in text


def test_the_map_says_sizes_shares_and_what_to_do(tmp_path: Path) -> None:
    history = make_history(tmp_path / "h.db", visits=30, cameras=("door",))
    room = Room(open_history=lambda: HistoryReader(history), naming=naming)
    with at(room) as browser:
        text = browser.get("/cameras/door").text
        assert "<rect data-level" in text
        assert "From the newest 30 tracks" in text
        assert "What “can be named” means" in text
        assert "40 px" in text  # how high a visitor's largest face is
        [row] = [line for line in text.splitlines() if "32 to 48 px" in line]
        assert "<td>30</td><td>20</td><td>20</td><td>100 %</td><td>84 % to 100 %</td>" in row


def test_the_advice_reckons_with_the_distance(tmp_path: Path) -> None:
    history = make_history(tmp_path / "h.db", visits=30, cameras=("door",))
    strict = Naming(CALIBRATION, DecisionRule(false_alarm=0.00001, min_effective=1), people=1)
    room = Room(open_history=lambda: HistoryReader(history), naming=lambda: strict)
    with at(room) as browser:
        assert "reach the threshold at no face size" in browser.get("/cameras/door").text
        assert browser.get("/cameras/door?metres=none").status_code == 400


def test_without_calibration_it_says_so(browser: Browser) -> None:
    assert "no recogniser to ask" in browser.get("/cameras/door").text


@pytest.mark.parametrize("path", ["/cameras/nobody", "/cameras/%3Cscript%3E"])
def test_a_camera_that_nobody_knows_is_not_found(browser: Browser, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 404
    assert "<script>" not in answer.text
