"""Times for people: by the clock on the wall of the site, each with its zone or on a page that states it.

The zone is `site.timezone`, or that of this machine where it is not set; never that of a browser. It belongs to the
process, as its known secrets do: whoever reads the settings calls `use_zone` once. Nothing else formats times.
"""

import os
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from configs.extras import install_extra

LARGEST_SECONDS = 253_000_000_000.0
"""Unix seconds in the year 9987: what is later, or before 1970, is shown as the nearest that a calendar has."""
LOCAL_TIME = Path("/etc/localtime")
SAME_AS_UTC = frozenset(("Etc/UTC", "Etc/UCT", "UCT", "Zulu", "Etc/Zulu", "Universal", "Etc/Universal"))
EXPECTED = "a day or a time such as 2026-11-27T08:30, 2026-11-27T08:30+01:00 or 08:30, which is today's"
_DAY = timedelta(days=1)


class MachineZone(tzinfo):
    """The zone of this machine where no IANA name of it is known: TZ holds a rule, or the system has no such file."""

    def fromutc(self, dt: datetime) -> datetime:
        return datetime.fromtimestamp(dt.replace(tzinfo=UTC).timestamp()).replace(tzinfo=self)

    def utcoffset(self, dt: datetime | None) -> timedelta:
        local = (dt or datetime.now()).replace(tzinfo=None)
        # Seconds alone: a fraction would make a rounding error of it.
        return timedelta(seconds=round(local.replace(tzinfo=UTC).timestamp() - local.timestamp()))

    def dst(self, dt: datetime | None) -> timedelta | None:
        return None

    def tzname(self, dt: datetime | None) -> str:
        return (dt or datetime.now()).replace(tzinfo=None).astimezone().tzname() or "local"

    def __str__(self) -> str:
        return "this machine's zone"


class _Site:
    """What this process knows of its site."""

    def __init__(self) -> None:
        self.name = ""


_SITE = _Site()


def use_zone(name: str) -> None:
    """From now on this process shows times of this zone. name: IANA; empty: of this machine. Raises ValueError."""
    if name:
        find_zone(name)
    _SITE.name = name


def zone() -> tzinfo:
    """The zone of the site."""
    return find_zone(_SITE.name) if _SITE.name else _machine_zone(os.environ.get("TZ"), LOCAL_TIME)


@lru_cache(maxsize=64)
def find_zone(name: str) -> ZoneInfo:
    """A zone by its IANA name. Raises ValueError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    if not available_timezones():
        raise ValueError(
            f"time zone {name[:64]!r}: this machine knows no time zones; install the system's tzdata (apt install "
            f"tzdata), or {install_extra('room')}"
        )
    raise ValueError(f"time zone {name[:64]!r}: expected an IANA name such as Europe/Berlin")


@lru_cache(maxsize=8)
def _machine_zone(variable: str | None, place: Path) -> tzinfo:
    """variable: TZ, which counts more. A file that links to no known zone may hold any, so the system is asked."""
    linked = os.path.realpath(place).partition("zoneinfo/")[2]
    name = linked if variable is None else variable.removeprefix(":") or "UTC"
    try:
        return find_zone("UTC" if name in SAME_AS_UTC else name) if name else MachineZone()
    except ValueError:
        return MachineZone()


def local(seconds: float) -> datetime:
    """Unix seconds by the clock of the site. Raises OverflowError, ValueError or OSError for what no calendar has."""
    return datetime.fromtimestamp(seconds, zone())


def day(seconds: float) -> str:
    """The day, such as `Friday, 27 November 2026`."""
    return f"{_nearest(seconds):%A, %d %B %Y}"


def moment(seconds: float) -> str:
    """Day, time and zone for a page, such as `Fri 27 Nov 2026, 08:30:00 CET`."""
    at = _nearest(seconds)
    return f"{at:%a %d %b %Y, %H:%M:%S} {abbreviation(at)}"


def stamp(seconds: float, of: tzinfo | None = None) -> str:
    """Day, time and zone for a line of text, such as `2026-11-27 08:30:00 CET`. of: another zone than the site's."""
    at = _nearest(seconds, of)
    return f"{at:%Y-%m-%d %H:%M:%S} {abbreviation(at)}"


def clock(seconds: float) -> str:
    """The time of day, for what states the zone elsewhere; with the zone in an hour that clocks show twice."""
    at = _nearest(seconds)
    return f"{at:%H:%M:%S} {abbreviation(at)}" if is_shown_twice(at) else f"{at:%H:%M:%S}"


def minute(seconds: float, of: tzinfo | None = None) -> str:
    """The time of day with its zone, such as `08:30 CET`."""
    at = _nearest(seconds, of)
    return f"{at:%H:%M} {abbreviation(at)}"


def iso(seconds: float, timespec: str = "seconds", of: tzinfo | None = None) -> str:
    """ISO 8601 with the site's offset, for programs that show times, such as `2026-11-27T08:30:00+01:00`."""
    return _nearest(seconds, of).isoformat(timespec=timespec)


def utc(seconds: float) -> str:
    """ISO 8601 in UTC with milliseconds, for programs, such as `2026-11-27T07:30:00.000+00:00`."""
    return datetime.fromtimestamp(_limited(seconds), UTC).isoformat(timespec="milliseconds")


def zone_words(seconds: float) -> str:
    """The zone at a moment, such as `Europe/Berlin, CET (UTC+01:00)`; `UTC` for that."""
    at = _nearest(seconds)
    name, short = str(at.tzinfo), abbreviation(at)
    if short == name:
        return name
    return f"{name}, {short}" if short.startswith("UTC") else f"{name}, {short} ({_offset(at)})"


def abbreviation(at: datetime) -> str:
    """What people call the zone at this moment, such as `CET`; its offset, such as `UTC+10:30`, where nothing else."""
    name = at.tzname() or ""
    return name if name.isalpha() else _offset(at)


def is_shown_twice(at: datetime) -> bool:
    """Whether clocks of its zone show this time twice on its day, as summer time ends."""
    return at.replace(fold=0).utcoffset() != at.replace(fold=1).utcoffset()


def parse(text: str, what: str, *, is_end: bool = False, now: float | None = None) -> float:
    """Unix seconds of a day, a time of today or a moment; without an offset by the clock of the site.

    what: names the text in an error.  is_end: a time that clocks show twice means the later one, so that a span holds
    all that it may mean.  now: Unix seconds, for what today is. Raises ValueError.
    """
    try:
        at = _read(text.strip(), now)
        return (at if at.tzinfo else at.replace(tzinfo=zone(), fold=int(is_end))).timestamp()
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"{what}: expected {EXPECTED}, got {text[:40]!r}") from None


def _read(text: str, now: float | None) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        at = time.fromisoformat(text)
    today = datetime.now(zone()) if now is None else local(now)
    return datetime.combine(today.date(), at)


def day_start(seconds: float, days: int = 0) -> float:
    """When the day of Unix seconds began, or so many days later; a day has 23 or 25 hours where the clock is put."""
    return start_of(_nearest(seconds).date() + days * _DAY)


def start_of(of: date, at: time = time()) -> float:
    """When clocks of the site show a time first on a day; where they skip it, when they would."""
    return datetime.combine(of, at, zone()).timestamp()


def _nearest(seconds: float, of: tzinfo | None = None) -> datetime:
    return datetime.fromtimestamp(_limited(seconds), of or zone())


def _limited(seconds: float) -> float:
    return min(max(seconds, 0.0), LARGEST_SECONDS)


def _offset(at: datetime) -> str:
    text = f"{at:%z}"
    return f"UTC{text[:3]}:{text[3:5]}"
