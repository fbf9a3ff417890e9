"""Whether a rule holds at a moment, by the clock on the wall of its time zone, and when that changes.

A moment is within a time of the week if the clock on the wall then shows a time within it. So where summer time begins,
an hour that no clock shows is in no time; where it ends, an hour that is shown twice is in it twice.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

from pipeline.alerts.holiday_dates import IsHoliday
from pipeline.settings.rooms.alert_times import DAY_MINUTES, DAYS, AlertSchedule, WeeklyTime, minutes_of
from pipeline.site.site_time import find_zone, zone

MAX_DAYS_AHEAD = 400
"""How far a change is sought: a holiday of the next year is nearer."""
_DAY = timedelta(days=1)


class Period(NamedTuple):
    """A time in which a rule holds, Unix seconds; `end` is not in it."""

    start: float
    end: float


class Schedule:
    """Raises ValueError for a time zone that does not exist."""

    def __init__(self, settings: AlertSchedule, is_holiday: IsHoliday) -> None:
        self._zone = find_zone(settings.zone) if settings.zone else zone()
        self._times = [_Time(each) for each in settings.times]
        self._is_holiday = is_holiday
        self._known = (0.0, 0.0, False)  # from, to and what holds between: events come in order, mostly

    @property
    def is_always(self) -> bool:
        """Whether the rule holds at all times."""
        return not self._times

    @property
    def zone(self) -> tzinfo:
        """Its time zone."""
        return self._zone

    def is_active(self, moment: float) -> bool:
        """Whether the rule holds at this moment, Unix seconds."""
        if not self._times:
            return True
        first, last, active = self._known
        if not first <= moment < last:
            active = self._look_up(moment)
            # The clock on the wall never changes what it shows within a minute.
            start = moment // 60 * 60
            self._known = (start, start + 60, active)
        return active

    def next_change(self, moment: float, *, days: int = MAX_DAYS_AHEAD) -> float | None:
        """When it begins or ceases to hold after this moment, Unix seconds; None: not within so many days."""
        active = self.is_active(moment)
        today = datetime.fromtimestamp(moment, self._zone).date()
        for offset in range(-1, days + 1):
            for candidate in self._candidates(today + offset * _DAY):
                if candidate > moment and self._look_up(candidate) != active:
                    return candidate
        return None

    def periods(self, since: float, before: float) -> Iterator[Period]:
        """The times that end after `since` and begin before `before`, in order; none for a rule that always holds."""
        if not self._times:
            return
        start = self._last_start(since) if self.is_active(since) else self.next_change(since)
        while start is not None and start < before:
            end = self.next_change(start)
            if end is None:
                return
            yield Period(start, end)
            start = self.next_change(end)

    def _last_start(self, moment: float) -> float:
        """When the time began that this moment is in."""
        today = datetime.fromtimestamp(moment, self._zone).date()
        for offset in range(MAX_DAYS_AHEAD):
            for candidate in reversed(self._candidates(today + (1 - offset) * _DAY)):
                if candidate <= moment and not self._look_up(candidate - 1):
                    return candidate
        return moment

    def _look_up(self, moment: float) -> bool:
        local = datetime.fromtimestamp(moment, self._zone)
        clock = local.hour * 60 + local.minute
        return any(each.holds(local.date(), clock, self._is_holiday) for each in self._times)

    def _candidates(self, day: date) -> list[float]:
        """All moments of a day on which it may change: the ends of its times, and where the clock is put."""
        clocks = {minutes for each in self._times for minutes in (0, each.start, each.end % (DAY_MINUTES))}
        shown = (datetime.combine(day, time(minutes // 60, minutes % 60)) for minutes in clocks)
        found = {local.replace(tzinfo=self._zone, fold=fold).timestamp() for local in shown for fold in (0, 1)}
        if (change := self._clock_change(day)) is not None:
            found.add(change)
        return sorted(found)

    def _clock_change(self, day: date) -> float | None:
        """When the clock is put on this day, to the second."""
        first = int(datetime.combine(day, time(), self._zone).timestamp())
        last = int(datetime.combine(day + _DAY, time(), self._zone).timestamp())
        before = self._offset(first)
        if self._offset(last) == before:
            return None
        while last - first > 1:
            middle = (first + last) // 2
            first, last = (middle, last) if self._offset(middle) == before else (first, middle)
        return float(last)

    def _offset(self, moment: float) -> timedelta | None:
        return datetime.fromtimestamp(moment, UTC).astimezone(self._zone).utcoffset()


class _Time:
    """A time of the week in minutes of the day; `end` counts on over midnight."""

    def __init__(self, settings: WeeklyTime) -> None:
        self.start, self.end = minutes_of(settings.start), minutes_of(settings.end)
        if self.end <= self.start:
            self.end += DAY_MINUTES
        self._days = {DAYS.index(day) for day in settings.days}
        self._holidays = settings.holidays

    def holds(self, day: date, clock: int, is_holiday: IsHoliday) -> bool:
        """Whether it holds when the clock shows so many minutes on this day."""
        if self.start <= clock < self.end and self._begins(day, is_holiday):
            return True
        return clock + DAY_MINUTES < self.end and self._begins(day - _DAY, is_holiday)

    def _begins(self, day: date, is_holiday: IsHoliday) -> bool:
        usual = day.weekday() in self._days
        match self._holidays:
            case "ignore":
                return usual
            case "except":
                return usual and not is_holiday(day)
            case "also":
                return usual or is_holiday(day)
            case _:
                return is_holiday(day)
