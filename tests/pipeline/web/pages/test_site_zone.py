"""The past by the clock of the site: days of 23 and 25 hours, an hour that comes twice, a change of half an hour."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.events import TrackAction
from pipeline.history.reader import HistoryReader
from pipeline.site import site_time
from pipeline.web.room import Room
from tests.pipeline.web.pages.conftest import at
from tests.synthetic.events import track
from tests.synthetic.histories import write

CHANGES = {
    "Europe/Berlin spring": datetime(2026, 3, 29, 1, tzinfo=UTC).timestamp(),
    "Europe/Berlin autumn": datetime(2026, 10, 25, 1, tzinfo=UTC).timestamp(),
    "Australia/Lord_Howe autumn": datetime(2026, 4, 4, 15, tzinfo=UTC).timestamp(),
}
HALF_HOUR = 1800.0


@pytest.fixture(params=CHANGES)
def change(request: pytest.FixtureRequest) -> Iterator[tuple[str, float]]:
    site_time.use_zone(request.param.split()[0])
    yield request.param, CHANGES[request.param]
    site_time.use_zone("")


@pytest.fixture
def room(tmp_path: Path, change: tuple[str, float]) -> Room:
    """A past with somebody every half hour, and a clock that stands at noon of the day after the change."""
    path, moment = tmp_path / "history.db", change[1]
    times = [moment + HALF_HOUR * step + 60 for step in range(-60, 130)]
    seen = [track(n, track=n + 1, action=TrackAction.NEW, wall_time=at, age=0.0) for n, at in enumerate(times)]
    write(path, *seen)
    now = site_time.day_start(moment, 1) + 12 * 3600
    return Room(open_history=lambda: HistoryReader(path), clock=lambda: now)


HOURS = {"Europe/Berlin spring": 23.0, "Europe/Berlin autumn": 25.0, "Australia/Lord_Howe autumn": 24.5}
DAYS = {
    "Europe/Berlin spring": ("2026-03-29", "2026-03-30"),
    "Europe/Berlin autumn": ("2026-10-25", "2026-10-26"),
    "Australia/Lord_Howe autumn": ("2026-04-05", "2026-04-06"),
}


@pytest.mark.parametrize("query", ["since={}&before={}", "span=yesterday"])
def test_a_day_holds_all_its_hours_and_no_others(room: Room, change: tuple[str, float], query: str) -> None:
    name = change[0]
    address: str | None = "/timeline?" + query.format(*DAYS[name])
    times: list[str] = []
    days: set[str] = set()
    with at(room) as browser:
        while address:
            text = browser.get(address).text
            times += re.findall(r'<time datetime="([^"]+)"', text)
            days |= set(re.findall(r"<h2>(\w+, [^<]+)</h2>", text))
            more = re.search(r'hx-get="([^"]+)"', text)
            address = more[1].replace("&amp;", "&") if more else None
    assert len(times) == 2 * HOURS[name]
    assert {time[:10] for time in times} == {DAYS[name][0]}
    assert days == {site_time.day(change[1])}


def test_an_hour_that_comes_twice_is_shown_with_its_zone(room: Room, change: tuple[str, float]) -> None:
    with at(room) as browser:
        text = browser.get(f"/timeline?since={DAYS[change[0]][0]}T02:30&before={DAYS[change[0]][0]}T02:30").text
        foot = browser.get("/timeline").text
    shown = re.findall(r"<time [^>]*>([^<]+)</time> · door", text)
    expected = {
        "Europe/Berlin spring": [],
        "Europe/Berlin autumn": ["02:01:00 CET", "02:31:00 CEST"],
        "Australia/Lord_Howe autumn": [],
    }
    assert shown == expected[change[0]]
    zone = change[0].split()[0]
    assert f"<p>Times of {zone}, " in foot


def test_buttons_fill_in_the_days_of_the_site(room: Room, change: tuple[str, float]) -> None:
    with at(room) as browser:
        text = browser.get("/timeline?span=today").text
    assert f'value="{DAYS[change[0]][1]}T00:00"' in text
