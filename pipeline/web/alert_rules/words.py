"""What a rule does, in a sentence."""

from collections.abc import Sequence

from pipeline.settings.rooms.alert_times import DAYS, WeeklyTime, minutes_of
from pipeline.settings.rooms.alerts import AlertRule, Kind
from pipeline.site.site_time import zone as site_zone
from pipeline.web.render import format_share, format_span

KINDS: dict[Kind, tuple[str, str]] = {
    "person": ("Somebody comes", "somebody chosen below, or anybody enrolled"),
    "nobody_else": ("Anybody else comes", "everybody but those chosen below, strangers too"),
    "unknown": ("A stranger comes", "somebody who is not enrolled"),
    "loitering": ("Somebody stays", "for longer than a time, except those chosen below"),
    "camera": ("A camera is down", "it gives no pictures, or nothing is heard from the node"),
    "missing": ("Somebody did not come", "somebody chosen below was not seen in a time of the week"),
}
"""By kind: a title, and what it means."""
DAY_NAMES = dict(zip(DAYS, ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), strict=True))
HOLIDAYS = {
    "ignore": "holidays are days like others",
    "except": "not on holidays",
    "also": "on holidays too",
    "only": "on holidays alone",
}


def say_rule(rule: AlertRule) -> str:
    """When it tells, such as `When Bob comes; door; Mon, Tue 08:00 to 18:00 (UTC)`."""
    where = listed(rule.cameras) if rule.cameras else "all cameras"
    when = "; ".join(map(say_time, rule.schedule.times)) if rule.schedule.times else "always"
    zone = f" ({rule.schedule.zone or site_zone()})" if rule.schedule.times else ""
    rate = f" · false alarm {format_share(rule.false_alarm)}" if rule.false_alarm else ""
    return f"{_what(rule)} · {where} · {when}{zone}{rate}"


def say_time(time: WeeklyTime) -> str:
    """A time of the week."""
    days = "every day" if len(time.days) == len(DAYS) else ", ".join(DAY_NAMES[day] for day in time.days)
    start, end = (clock_of(minutes_of(clock)) for clock in (time.start, time.end))
    holidays = "" if time.holidays == "ignore" else f", {HOLIDAYS[time.holidays]}"
    return f"{days} {start} to {end}{holidays}"


def clock_of(minutes: int) -> str:
    """Minutes of the day as HH:MM."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def listed(names: Sequence[str], last: str = "or") -> str:
    """Names with commas, and a word before the last."""
    return f"{', '.join(names[:-1])} {last} {names[-1]}" if len(names) > 1 else "".join(names)


def _what(rule: AlertRule) -> str:
    people = listed(rule.people)
    stays = format_span(rule.min_seconds)
    match rule.kind:
        case "person":
            return f"When {people or 'anybody enrolled'} comes"
        case "nobody_else":
            return f"When anybody but {people} comes" if people else "When anybody comes"
        case "unknown":
            times = f" for visit {rule.returning} or later" if rule.returning > 1 else ""
            return f"When a stranger comes{times}"
        case "loitering":
            return f"When anybody{f' but {people}' if people else ''} stays {stays} or longer"
        case "camera":
            return f"When a camera is down for {format_span(rule.down_seconds)}"
        case "missing":
            return f"When {people} did not come"
