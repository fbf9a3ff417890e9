"""Which dates are holidays: those of a country, from the package `holidays`, and a list of one's own."""

from collections.abc import Callable
from datetime import date
from typing import Any

from configs.extras import install_extra
from pipeline.settings.rooms.alert_times import Holidays

IsHoliday = Callable[[date], bool]


def is_holiday_by(settings: Holidays) -> IsHoliday:
    """A function that says whether a date is a holiday.

    Raises ValueError for a country that does not exist, and where the package is missing.
    """
    if settings.subdivision and not settings.country:
        raise ValueError("alerts.holidays.subdivision: expected with country")
    country = _country(settings) if settings.country else ()
    listed, every_year = frozenset(settings.dates), frozenset(settings.every_year)

    def is_holiday(day: date) -> bool:
        return day in listed or f"{day:%m-%d}" in every_year or day in country

    return is_holiday


def _country(settings: Holidays) -> Any:
    try:
        import holidays
    except ModuleNotFoundError:
        raise ValueError(f"alerts.holidays.country needs the package holidays: {install_extra('room')}") from None
    try:
        return holidays.country_holidays(settings.country, subdiv=settings.subdivision or None)
    except NotImplementedError as error:
        raise ValueError(f"alerts.holidays: {error}") from None
