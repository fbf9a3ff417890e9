"""The clock of the site: both changes of summer time in Berlin, a change of half an hour, and zones without a name."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipeline.site import site_time

SPRING = datetime(2026, 3, 29, 1, tzinfo=UTC).timestamp()  # 02:00 becomes 03:00 in Berlin
AUTUMN = datetime(2026, 10, 25, 1, tzinfo=UTC).timestamp()  # 03:00 becomes 02:00 again
LORD_HOWE = datetime(2026, 4, 4, 15, tzinfo=UTC).timestamp()  # 02:00 becomes 01:30
SOURCES = Path(__file__).parents[3]


@pytest.fixture
def berlin() -> Iterator[None]:
    site_time.use_zone("Europe/Berlin")
    yield
    site_time.use_zone("")


@pytest.fixture
def lord_howe() -> Iterator[None]:
    site_time.use_zone("Australia/Lord_Howe")
    yield
    site_time.use_zone("")


@pytest.mark.usefixtures("berlin")
def test_every_time_has_its_zone_around_both_changes() -> None:
    assert [site_time.stamp(SPRING + seconds) for seconds in (-1, 0)] == [
        "2026-03-29 01:59:59 CET",
        "2026-03-29 03:00:00 CEST",
    ]
    assert [site_time.stamp(AUTUMN + seconds) for seconds in (-1800, 1800)] == [
        "2026-10-25 02:30:00 CEST",
        "2026-10-25 02:30:00 CET",
    ]
    assert site_time.moment(AUTUMN) == "Sun 25 Oct 2026, 02:00:00 CET"
    assert site_time.iso(AUTUMN - 1) == "2026-10-25T02:59:59+02:00"
    assert site_time.utc(SPRING - 0.88) == "2026-03-29T00:59:59.120+00:00"
    assert site_time.zone_words(AUTUMN - 1) == "Europe/Berlin, CEST (UTC+02:00)"


@pytest.mark.usefixtures("berlin")
def test_a_time_of_day_has_its_zone_only_in_the_hour_that_comes_twice() -> None:
    shown = [site_time.clock(AUTUMN + seconds) for seconds in (-3601, -3600, 0, 3599, 3600)]
    assert shown == ["01:59:59", "02:00:00 CEST", "02:00:00 CET", "02:59:59 CET", "03:00:00"]


@pytest.mark.usefixtures("lord_howe")
def test_a_change_of_half_an_hour() -> None:
    shown = [site_time.clock(LORD_HOWE + seconds) for seconds in (-1801, -1, 0, 1799, 1800)]
    assert shown == ["01:29:59", "01:59:59 UTC+11:00", "01:30:00 UTC+10:30", "01:59:59 UTC+10:30", "02:00:00"]
    assert site_time.zone_words(LORD_HOWE) == "Australia/Lord_Howe, UTC+10:30"
    length = site_time.day_start(LORD_HOWE, 1) - site_time.day_start(LORD_HOWE)
    assert length == 24.5 * 3600


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(("at", "hours"), [(SPRING, 23), (AUTUMN, 25), (AUTUMN + 86_400, 24)])
def test_days_have_23_to_25_hours(at: float, hours: int) -> None:
    begin, end = site_time.day_start(at), site_time.day_start(at, 1)
    assert end - begin == hours * 3600
    assert {site_time.day(begin), site_time.day(end - 1)} == {site_time.day(at)}
    assert site_time.day(end) != site_time.day(begin - 1) != site_time.day(at)


@pytest.mark.usefixtures("berlin")
def test_what_is_asked_for_holds_the_hour_that_comes_twice() -> None:
    assert site_time.parse("2026-10-25T02:30", "since") == AUTUMN - 1800
    assert site_time.parse("2026-10-25T02:30", "before", is_end=True) == AUTUMN + 1800
    assert site_time.parse("2026-03-29T02:30", "since") == SPRING + 1800  # no clock shows it
    assert site_time.parse("2026-10-25T02:30+01:00", "since") == AUTUMN + 1800
    assert site_time.parse("2026-10-25", "since") == site_time.day_start(AUTUMN)
    assert site_time.parse("08:30", "since", now=AUTUMN) == AUTUMN + 6.5 * 3600


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "25:00", "2026-02-30", "9" * 40, "0001-01-01T00:00"])
def test_what_is_no_time_is_named(text: str) -> None:
    if text.startswith("0001"):
        assert site_time.parse(text, "since") < 0
        return
    with pytest.raises(ValueError, match=r"^since: expected a day or a time such as .* 08:30, which is today's, got "):
        site_time.parse(text, "since")


def test_times_that_no_calendar_has_are_shown_as_the_nearest() -> None:
    for seconds in (-1e300, -1.0, 1e300, float("inf")):
        assert site_time.stamp(seconds)
        assert site_time.utc(seconds)[:4] in ("1970", "9987")
    with pytest.raises((OverflowError, ValueError, OSError)):
        site_time.local(1e300)


@pytest.mark.parametrize("name", ["Mars/Base", "../etc/passwd", "", "Europe/Berlin\n", "/etc/localtime"])
def test_an_unknown_zone_is_named(name: str) -> None:
    if not name:
        return site_time.use_zone(name)
    with pytest.raises(ValueError, match="expected an IANA name such as Europe/Berlin"):
        site_time.use_zone(name)
    return None


def test_without_any_zones_the_sentence_says_what_to_install() -> None:
    code = "import zoneinfo; zoneinfo.reset_tzpath([]); "
    code += "from pipeline.site.site_time import use_zone; use_zone('Asia/Tokyo')"
    block = "import sys; sys.modules['tzdata'] = None; "
    run = subprocess.run([sys.executable, "-c", block + code], capture_output=True, text=True, check=False)
    assert "this machine knows no time zones; install the system's tzdata" in run.stderr


@pytest.mark.parametrize("package", [True, False])
def test_a_zone_comes_from_the_system_or_from_the_package(package: bool) -> None:
    lacks = "zoneinfo.reset_tzpath([])" if package else "sys.modules['tzdata'] = None"
    code = f"import sys, zoneinfo; {lacks}; from pipeline.site import site_time; site_time.use_zone('Asia/Tokyo')"
    run = subprocess.run(
        [sys.executable, "-c", f"{code}; print(site_time.stamp(0))"], capture_output=True, text=True, check=True
    )
    assert run.stdout == "1970-01-01 09:00:00 JST\n"


def stand_in(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()


@pytest.fixture
def _zone_back() -> Iterator[None]:
    yield
    time.tzset()


@pytest.mark.usefixtures("_zone_back")
@pytest.mark.parametrize(
    ("variable", "shown"),
    [
        ("Europe/Berlin", "2026-10-25 02:30:00 CEST"),
        (":Europe/Berlin", "2026-10-25 02:30:00 CEST"),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25 02:30:00 CEST"),
        ("XYZ3:30", "2026-10-24 21:00:00 XYZ"),
        ("", "2026-10-25 00:30:00 UTC"),
    ],
)
def test_without_a_setting_the_zone_is_that_of_the_machine(
    monkeypatch: pytest.MonkeyPatch, variable: str, shown: str
) -> None:
    with monkeypatch.context() as patch:
        stand_in(patch, variable)
        assert site_time.stamp(AUTUMN - 1800) == shown
        second = site_time.local(AUTUMN + 1800)
        assert second.timestamp() == AUTUMN + 1800
    time.tzset()


@pytest.mark.usefixtures("_zone_back")
def test_a_rule_of_the_system_knows_the_hour_that_comes_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        stand_in(patch, "CET-1CEST,M3.5.0,M10.5.0/3")
        assert isinstance(site_time.zone(), site_time.MachineZone)
        assert [site_time.clock(AUTUMN + at) for at in (-1800, 1800)] == ["02:30:00 CEST", "02:30:00 CET"]
        assert site_time.day_start(AUTUMN, 1) - site_time.day_start(AUTUMN) == 25 * 3600
        named = ZoneInfo("Europe/Berlin")
        for hour in range(-30, 30):
            here, there = (datetime.fromtimestamp(AUTUMN + hour * 3600, zone) for zone in (site_time.zone(), named))
            assert here.replace(tzinfo=None) == there.replace(tzinfo=None)
            assert here.utcoffset() == there.utcoffset()
    time.tzset()


def test_the_setting_counts_more_than_the_machine(monkeypatch: pytest.MonkeyPatch, berlin: None) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert site_time.local(AUTUMN).utcoffset() == timedelta(hours=1)


FORMATS = re.compile(
    r"fromtimestamp\(|astimezone\(|strftime\(|strptime\(|time\.localtime|fromisoformat\(|toLocale|new Date\("
)
ELSEWHERE = {
    "glimpse/evaluation/clip.py",  # reads what a film says of itself
    "pipeline/backup/erased_since.py",  # reads UTC
    "pipeline/backup/keep.py",  # names of folders, UTC
    "pipeline/film/clip.py",  # in a tag of the film, UTC
    "pipeline/alerts/schedule.py",  # compares times of a rule's zone and shows none
    "pipeline/epoch.py",  # names of runs, UTC
    "pipeline/erase/audit.py",  # UTC with Z, in signed statements
    "pipeline/receipts/issue.py",
    "pipeline/film/segments.py",  # names of files, UTC
}


def test_nothing_else_formats_times() -> None:
    """One module knows the zone; another that formats a time would show that of the process or of the browser."""
    files = [
        file
        for folder in ("pipeline", "glimpse")
        for suffix in ("*.py", "*.js", "*.html", "*.j2")
        for file in (SOURCES / folder).rglob(suffix)
        if "vendor" not in file.parts
    ]
    found = {file.relative_to(SOURCES).as_posix() for file in files if FORMATS.search(file.read_text(encoding="utf-8"))}
    assert found - {"pipeline/site/site_time.py"} == ELSEWHERE
