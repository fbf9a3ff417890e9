"""Times of the week and holidays as people write them, and what is none."""

from typing import Any

import msgspec
import pytest

from pipeline.settings.rooms.alert_times import Holidays, WeeklyTime, minutes_of


@pytest.mark.parametrize(
    ("clock", "minutes"), [("00:00", 0), ("08:05", 485), ("23:59", 1439), ("24:00", 1440), (1200, 1200)]
)
def test_a_time_is_minutes_of_the_day_also_where_yaml_made_a_number_of_it(clock: str | int, minutes: int) -> None:
    assert minutes_of(msgspec.convert({"end": clock}, WeeklyTime).end) == minutes


@pytest.mark.parametrize(
    "clock", ["24:01", "8:00", "08:60", "08:00\n", "0٨:00", "", " 08:00", 599, 1441, -1, 8.5, None]
)
def test_what_is_no_time_of_the_day_is_refused(clock: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"end": clock}, WeeklyTime)


@pytest.mark.parametrize("start", ["24:00", 1440])
def test_nothing_begins_at_the_end_of_a_day(start: Any) -> None:
    with pytest.raises(msgspec.ValidationError, match="start: expected 00:00 to 23:59, got 24:00"):
        msgspec.convert({"start": start}, WeeklyTime)


@pytest.mark.parametrize(
    "given", [{"every_year": ["12-25"]}, {"every_year": ["02-29"]}, {"country": ""}, {"country": "DE"}]
)
def test_holidays(given: dict[str, Any]) -> None:
    msgspec.convert(given, Holidays)


@pytest.mark.parametrize(
    "given",
    [
        *({"every_year": [day]} for day in ("12-25\n", "13-01", "00-10", "1-1", "12-32", "1٢-25", "12-00")),
        *({"country": name} for name in ("DE\n", "de", "DEU", "D")),
    ],
)
def test_what_is_no_holiday_is_refused_and_not_passed_over(given: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(given, Holidays)
