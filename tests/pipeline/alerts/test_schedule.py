"""Schedules against the clock on the wall, minute by minute, also where the clock is put."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configs.read import ConfigurationError, read_settings, to_settings
from pipeline.alerts.holiday_dates import is_holiday_by
from pipeline.alerts.schedule import Period, Schedule
from pipeline.settings.rooms.alert_times import DAYS, AlertSchedule, Holidays, WeeklyTime
from pipeline.site.site_time import use_zone

# Days around which the clock is put; Lord Howe by half an hour, St John's at an odd offset from UTC.
CHANGES = [
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/St_Johns", date(2026, 3, 8)),
    ("America/St_Johns", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
]
HOLIDAYS = Holidays(dates=(date(2026, 3, 28), date(2026, 11, 2)), every_year=("10-25",))
is_holiday = is_holiday_by(HOLIDAYS)
minutes = st.integers(0, 24 * 60 - 1)


def written(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


weekly_times = st.builds(
    lambda days, start, end, holidays: WeeklyTime(
        days=tuple(days), start=written(start), end=written(end), holidays=holidays
    ),
    st.sets(st.sampled_from(DAYS)),
    # Around the hours at which the clock is put as often as anywhere else.
    minutes | st.integers(0, 4 * 60),
    st.integers(0, 24 * 60) | st.integers(0, 4 * 60),
    st.sampled_from(["ignore", "except", "also", "only"]),
)


def shown_within(times: tuple[WeeklyTime, ...], local: datetime) -> bool:
    """The same question by the words of the page: does the clock show a time that began today or yesterday?"""

    def begins(each: WeeklyTime, day: date) -> bool:
        usual, holiday = DAYS[day.weekday()] in each.days, is_holiday(day)
        return {
            "ignore": usual,
            "except": usual and not holiday,
            "also": usual or holiday,
            "only": holiday,
        }[each.holidays]

    clock = written(local.hour * 60 + local.minute)
    for each in times:
        start, end = str(each.start), str(each.end)
        if start < end and begins(each, local.date()) and start <= clock < end:
            return True
        if start >= end:
            if begins(each, local.date()) and clock >= start:
                return True
            if begins(each, local.date() - timedelta(days=1)) and clock < end:
                return True
    return False


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize(("zone", "day"), CHANGES)
@settings(deadline=None, max_examples=10)
@given(times=st.lists(weekly_times, min_size=1, max_size=3).map(tuple))
def test_every_minute_around_a_change_of_the_clock(zone: str, day: date, times: tuple[WeeklyTime, ...]) -> None:
    schedule = Schedule(AlertSchedule(zone=zone, times=times), is_holiday)
    info = ZoneInfo(zone)
    start = datetime(day.year, day.month, day.day, tzinfo=info).timestamp() - 30 * 3600
    naive = [shown_within(times, datetime.fromtimestamp(start + 60 * n, UTC).astimezone(info)) for n in range(80 * 60)]
    assert [schedule.is_active(start + 60 * n + 59.9) for n in range(80 * 60)] == naive
    changes = [start + 60 * n for n in range(1, 80 * 60) if naive[n] != naive[n - 1]]
    found, moment = [], start
    while (change := schedule.next_change(moment, days=5)) is not None and change < start + 80 * 3600:
        found.append(change)
        moment = change
    assert found == changes
    inner = [period for period in schedule.periods(start, start + 80 * 3600) if period.start > start]
    edges = [edge for period in inner for edge in period if edge < start + 80 * 3600]
    assert edges == (changes[1:] if naive[0] else changes)


def at(text: str, zone: str = "Europe/Berlin") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def berlin(*times: WeeklyTime, holidays: Holidays = HOLIDAYS) -> Schedule:
    return Schedule(AlertSchedule(zone="Europe/Berlin", times=times), is_holiday_by(holidays))


def test_always_where_no_times_are_given() -> None:
    assert berlin().is_active(0.0)
    assert berlin().next_change(0.0) is None
    assert list(berlin().periods(0.0, 1e9)) == []


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    nights = berlin(WeeklyTime(days=("fri",), start="20:00", end="06:00"))
    assert nights.is_active(at("2026-11-28T05:59"))
    assert not nights.is_active(at("2026-11-28T06:00"))
    assert not nights.is_active(at("2026-11-27T05:00"))
    assert nights.next_change(at("2026-11-28T06:00")) == at("2026-12-04T20:00")


def test_the_hour_that_no_clock_shows_is_in_no_time_and_the_one_shown_twice_is_in_it_twice() -> None:
    small_hours = berlin(WeeklyTime(start="02:15", end="02:45"))
    night = at("2026-03-29T00:00")
    assert list(small_hours.periods(night, night + 20 * 3600)) == []
    twice = list(small_hours.periods(at("2026-10-25T00:00"), at("2026-10-25T12:00")))
    assert twice[1].start - twice[0].start == 3600
    assert [period.end - period.start for period in twice] == [1800, 1800]


def test_holidays_of_a_country_and_its_parts() -> None:
    in_berlin = is_holiday_by(Holidays(country="DE", subdivision="BE"))
    assert in_berlin(date(2026, 3, 8))  # Women's Day is a holiday in Berlin and not in Bavaria
    assert not is_holiday_by(Holidays(country="DE", subdivision="BY"))(date(2026, 3, 8))
    off = berlin(WeeklyTime(start="08:00", end="18:00", holidays="except"), holidays=Holidays(country="DE"))
    assert not off.is_active(at("2026-12-25T12:00"))
    assert off.is_active(at("2026-12-24T12:00"))


def test_a_holiday_months_away_is_found() -> None:
    christmas = berlin(WeeklyTime(holidays="only"), holidays=Holidays(every_year=("12-25",)))
    assert christmas.next_change(at("2026-01-02T00:00")) == at("2026-12-25T00:00")
    [period] = christmas.periods(at("2026-12-25T12:00"), at("2026-12-25T13:00"))
    assert period == Period(at("2026-12-25T00:00"), at("2026-12-26T00:00"))


@pytest.mark.parametrize(
    ("holidays", "message"),
    [
        (Holidays(country="XX"), "alerts.holidays: .*XX not available"),
        (Holidays(country="DE", subdivision="QQ"), "alerts.holidays: .*QQ"),
        (Holidays(subdivision="BE"), "alerts.holidays.subdivision: expected with country"),
    ],
)
def test_holidays_that_do_not_exist(holidays: Holidays, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        is_holiday_by(holidays)


@pytest.mark.parametrize("name", ["Europe/Nowhere", "../../etc/passwd", "a" * 5000, "Europe\0Berlin"])
def test_a_zone_that_does_not_exist(name: str) -> None:
    with pytest.raises(ValueError, match="expected an IANA name such as Europe/Berlin"):
        Schedule(AlertSchedule(zone=name), is_holiday)


@pytest.mark.parametrize(
    ("zone", "day", "hours"), [("Europe/Berlin", "2026-10-25", 25), ("Asia/Tokyo", "2026-10-25", 24)]
)
def test_a_rule_without_a_zone_holds_by_the_clock_of_the_site(zone: str, day: str, hours: int) -> None:
    use_zone(zone)
    sundays = Schedule(AlertSchedule(times=(WeeklyTime(days=("sun",)),)), is_holiday)
    noon = at(f"{day}T12:00", zone)
    [period] = sundays.periods(noon, noon + 3600)
    assert (period.end - period.start) / 3600 == hours
    assert period.start == at(f"{day}T00:00", zone)


def test_times_and_dates_as_yaml_reads_them_without_quotes(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text("{zone: Europe/Berlin, times: [{days: [fri], start: 20:00, end: 08:30}]}")
    read = read_settings(tmp_path / "s.yaml", AlertSchedule)
    assert list(Schedule(read, is_holiday).periods(at("2026-11-27T12:00"), at("2026-11-28T12:00"))) == [
        Period(at("2026-11-27T20:00"), at("2026-11-28T08:30"))
    ]
    (tmp_path / "h.yaml").write_text("{dates: [2026-12-24], every_year: [12-31]}")
    eves = is_holiday_by(read_settings(tmp_path / "h.yaml", Holidays))
    assert [eves(date(2026, 12, day)) for day in (24, 25, 31)] == [True, False, True]
    assert eves(date(2027, 12, 31))


@pytest.mark.parametrize("start", ["24:00", "8:00", "08:60", "25:00", "", 5, 2000])
def test_times_that_no_clock_shows(start: object) -> None:
    with pytest.raises(ConfigurationError, match="start"):
        to_settings({"start": start}, WeeklyTime)
