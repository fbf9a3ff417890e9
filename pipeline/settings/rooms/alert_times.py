"""When a rule holds: times of the week in a time zone, and holidays."""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta

from pipeline.settings.section import Section

# YAML reads 20:00 without quotes as 1200, the minutes of the day, and 08:00 as text.
ClockTime = (
    Annotated[str, Meta(pattern=r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]$(?!\n)|^24:00$(?!\n)")]
    | Annotated[int, Meta(ge=600, le=1440)]
)
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAY_MINUTES = 24 * 60
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class WeeklyTime(Section, frozen=True, kw_only=True):
    """A time of some days of the week, by the clock on the wall."""

    days: Annotated[tuple[Day, ...], Meta(description="days on which it begins")] = DAYS
    start: Annotated[ClockTime, Meta(description="HH:MM")] = "00:00"
    end: Annotated[ClockTime, Meta(description="HH:MM; not after `start`: on the next day")] = "24:00"
    holidays: Annotated[
        Literal["ignore", "except", "also", "only"],
        Meta(
            description="holidays are days like others (ignore), it does not begin on them (except), it begins on them "
            "too (also), or on them alone (only)"
        ),
    ] = "ignore"

    def __post_init__(self) -> None:
        """Raises ValueError for a time that cannot begin."""
        if minutes_of(self.start) == DAY_MINUTES:
            raise ValueError("start: expected 00:00 to 23:59, got 24:00")


def minutes_of(clock: str | int) -> int:
    """Minutes of the day."""
    if isinstance(clock, int):
        return clock
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


class AlertSchedule(Section, frozen=True, kw_only=True):
    """When a rule holds."""

    zone: Annotated[
        str, Meta(description="time zone by its IANA name, such as Europe/Berlin; empty: that of the site")
    ] = ""
    times: Annotated[tuple[WeeklyTime, ...], Meta(description="times of the week; empty: always")] = ()


class Holidays(Section, frozen=True, kw_only=True):
    """Which dates are holidays; a date is one where a country or the list says so."""

    country: Annotated[
        str, Meta(pattern=r"^(?:[A-Z]{2})?$(?!\n)", description="country by ISO 3166-1, such as DE; empty: none")
    ] = ""
    subdivision: Annotated[
        str, Meta(max_length=10, description="part of it by ISO 3166-2, such as BE; empty: the whole country")
    ] = ""
    dates: Annotated[tuple[date, ...], Meta(description="further dates, YYYY-MM-DD")] = ()
    every_year: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])$(?!\n)")], ...],
        Meta(description="days of each year, MM-DD"),
    ] = ()
