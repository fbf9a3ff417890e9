"""The cameras and their range maps."""

import re
from pathlib import Path

import msgspec
import pytest

from pipeline.history.reader import HistoryReader
from pipeline.web.range_map import Naming
from pipeline.web.room import Room
from recognizer.calibration import Band
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
        assert "<strong>39 px</strong> high" in text
        assert "near enough" in text
        [row] = [line for line in text.splitlines() if "32 to 48 px" in line]
        assert "<td>30</td><td>20</td><td>20</td><td>100 %</td><td>84 % to 100 %</td>" in row


def test_the_advice_reckons_with_the_distance(tmp_path: Path) -> None:
    history = make_history(tmp_path / "h.db", visits=30, cameras=("door",))
    bands = (Band(px=39, looks=1, mean=0, std=0, tail=(0.1, 0.9)), Band(px=78, looks=1, mean=0, std=0, tail=(0.1, 0.6)))
    hard = msgspec.structs.replace(CALIBRATION, bands=bands)
    rules = iter((DecisionRule(min_effective=1), DecisionRule(min_effective=1), DecisionRule(min_score=0.9)))
    room = Room(open_history=lambda: HistoryReader(history), naming=lambda: Naming(hard, next(rules), people=1))
    with at(room) as browser:
        text = re.sub(r"</?strong>", "", browser.get("/cameras/door?metres=2.6").text)
        assert "are 39 px high; people can be named from 72 px" in text
        assert "1.8 times nearer (1.4 m instead of 2.6 m), or use a lens of 1.8 times the focal length" in text
        assert "instead of 3.0 m" in browser.get("/cameras/door").text
        assert "reach the threshold at no face size" in browser.get("/cameras/door").text
        assert browser.get("/cameras/door?metres=none").status_code == 400


def test_without_calibration_it_says_so(browser: Browser) -> None:
    assert "no recogniser to ask" in browser.get("/cameras/door").text


@pytest.mark.parametrize("path", ["/cameras/nobody", "/cameras/%3Cscript%3E"])
def test_a_camera_that_nobody_knows_is_not_found(browser: Browser, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 404
    assert "<script>" not in answer.text
