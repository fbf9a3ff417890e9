"""Commands that read a configuration show times of its site, and take them."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from glimpse.command import delivering, history_settings, web
from glimpse.command.app import main
from pipeline.build import build
from pipeline.events import TrackAction
from pipeline.settings.load import make_settings
from pipeline.settings.outputs import Outputs
from pipeline.site import site_time
from tests.synthetic.events import track
from tests.synthetic.histories import write

AT = datetime(2026, 11, 27, 15, 30, tzinfo=UTC).timestamp()  # half past midnight of the 28th in Tokyo
SITE = "site: {timezone: Asia/Tokyo}\nhistory: {file: h.db}\nfilm: {folder: film}\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    write(tmp_path / "h.db", track(0, action=TrackAction.NEW, wall_time=AT, age=0.0))
    (tmp_path / "site.yaml").write_text(SITE)
    return tmp_path / "site.yaml"


READERS: list[Callable[[Path], object]] = [
    history_settings.read_file,
    lambda path: delivering.read_room(path, section="mail"),
    lambda path: web._settings(path, bus="", history="", gallery=None, address=""),
]


@pytest.mark.parametrize("read", READERS)
def test_whoever_reads_a_file_takes_up_its_zone(config: Path, read: Callable[[Path], object]) -> None:
    read(config)
    assert str(site_time.zone()) == "Asia/Tokyo"


def test_a_run_takes_it_up(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((64, 64, 3), np.uint8))
    raw = {"site": {"timezone": "Asia/Tokyo"}, "cameras": [{"source": str(tmp_path / "a.png")}]}
    with build(make_settings(raw, environment={}), Outputs()).resources:
        assert str(site_time.zone()) == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        ("--since 2026-11-28", 0),
        ("--since 2026-11-28T00:31", 1),
        ("--before 2026-11-28T00:30", 1),
        ("--since 2026-11-27T15:30+00:00 --before 2026-11-27T15:31Z", 0),
    ],
)
def test_the_past_by_the_clock_of_the_site(
    config: Path, capsys: pytest.CaptureFixture[str], flags: str, code: int
) -> None:
    assert main(["history", "show", "--config", str(config), *flags.split()]) == code
    assert ("2026-11-28 00:30:00 JST" in capsys.readouterr().out) is (code == 0)


def test_what_is_no_time_is_wrong_usage(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "show", "--config", str(config), "--since", "yesterday"]) == 2
    assert "--since: expected a day or a time such as" in capsys.readouterr().err


def test_a_zone_that_nobody_knows_names_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "site.yaml").write_text("site: {timezone: Mars/Base}\nhistory: {file: h.db}\n")
    assert main(["history", "show", "--config", str(tmp_path / "site.yaml")]) == 2
    assert "time zone 'Mars/Base': expected an IANA name such as Europe/Berlin" in " ".join(
        capsys.readouterr().err.split()
    )
