"""A soak of seconds with real processes; `make soak` takes half an hour."""

import json
from pathlib import Path

import pytest

from tests.endurance import soak


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_short_soak_samples_both_processes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "soak.png"
    bounds = ["--minutes", "0.1", "--warm-up", "3", "--interval", "0.5", "--max-growth-mb", "200"]
    assert soak.main([*bounds, "--json", "--plot", str(picture)]) in (0, 1), "descriptors may still grow in seconds"
    told = json.loads(capsys.readouterr().out)
    assert told["node"]["start"]["rss_mb"] > 50
    assert told["node"]["start"]["threads"] > told["client"]["start"]["threads"] > 0
    assert not any("event" in fault or "memory" in fault for fault in told["faults"])
    assert told["events"]["kept"] == told["events"]["received"] > 0
    assert picture.stat().st_size > 1000


def test_a_soak_shorter_than_its_warm_up_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as error:
        soak.main(["--minutes", "1"])
    assert error.value.code == 2
    assert "--minutes 1: expected more than the warm-up and two samples" in capsys.readouterr().err
