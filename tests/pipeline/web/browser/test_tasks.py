"""The five tasks of docs/watch-room.md can be done."""

from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="needs playwright; the extra test brings it")
from tests.pipeline.web.browser.screenshots import CHROMIUM
from tests.pipeline.web.browser.tasks import TASKS, run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(120),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs chromium; apt-get install chromium"),
]


def test_all_of_them_can_be_done(tmp_path: Path) -> None:
    assert len(run(tmp_path).splitlines()) == len(TASKS) + 2
