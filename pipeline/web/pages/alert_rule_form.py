"""What the form of a rule shows: of the file, or as the browser sent it."""

from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from pipeline.settings.file.config_file import ConfigVersion
from pipeline.settings.rooms.alert_times import WeeklyTime, minutes_of
from pipeline.settings.rooms.alerts import KINDS_OF, AlertRule
from pipeline.site.site_time import zone
from pipeline.web.alert_rules.hearers import obstacles, say_receivers
from pipeline.web.alert_rules.rule_form import MOST_TIMES, NUMBER, NUMBERS
from pipeline.web.alert_rules.words import DAY_NAMES, HOLIDAYS, KINDS, clock_of
from pipeline.web.changes.form import Form
from pipeline.web.config_change import check_writable, config_of
from pipeline.web.pages.naming import known_people
from pipeline.web.render import respond
from pipeline.web.room import Room, room_of
from pipeline.web.setting_fields import SettingField, make_fields

SECTION = NUMBER.removesuffix(".")
FIRST = ("false_alarm", "returning", "min_seconds", "down_seconds", "cooldown")
"""Numbers that are asked first; the others stand below `More`."""
TITLES = {
    "false_alarm": "False-alarm rate",
    "cooldown": "Quiet after an alert",
    "returning": "From which visit on",
    "min_seconds": "Seen for at least",
    "within_seconds": "Add up stays within",
    "down_seconds": "Down for at least",
    "away_seconds": "A new visit after being gone for",
    "min_looks": "Looks at the face",
    "min_px": "Face height",
    "escalate_seconds": "Raise the level every",
    "max_level": "Highest level",
}
UNIT_SECONDS = "s"
LONGEST_SHOWN = 2000  # characters of what was sent and is shown again


@dataclass(frozen=True, slots=True)
class TimeRow:
    """A time of the schedule in the form; the last one is empty."""

    days: tuple[str, ...] = ()
    start: str = ""
    end: str = ""
    holidays: str = "ignore"
    is_new: bool = False


def answer(
    request: Request,
    version: ConfigVersion,
    form: Form | None,
    *,
    number: int | None,
    error: tuple[str, str] = ("", ""),
) -> Response:
    """The page. form: what to show in place of what the file says.  number: of the rule in it; None: a new one."""
    room = room_of(request)
    rule = AlertRule(name="-") if number is None else version.settings.alerts.rules[number]
    numbers = _numbers(rule, form, error)
    return respond(
        request,
        "alert_rule.html",
        status=400 if error[1] else 200,
        number=number,
        old_name="" if number is None else rule.name,
        shown=_shown(rule, form, is_new=number is None),
        first=[field for field in numbers if _key(field) in FIRST],
        rest=[field for field in numbers if _key(field) not in FIRST],
        kinds=KINDS,
        kinds_of={f"{NUMBER}{key}": " ".join(sorted(kinds)) for key, kinds in KINDS_OF.items()},
        people=sorted({*known_people(room), *_chosen(rule.people, form, "people")}),
        cameras=sorted({*_cameras(room, version), *_chosen(rule.cameras, form, "cameras")}),
        times=_times(rule, form),
        days=DAY_NAMES,
        zone=str(zone()),
        holidays=HOLIDAYS,
        receivers=say_receivers(version.settings),
        run_rate=version.settings.decision.false_alarm,
        obstacles=list(obstacles(version.settings, room.alerts, room.clock())),
        error=error,
        digest=version.digest,
        file=config_of(room).name,
        locked=check_writable(room),
    )


def _key(field: SettingField) -> str:
    return field.name.partition(".")[2]


def _numbers(rule: AlertRule, form: Form | None, error: tuple[str, str]) -> list[SettingField]:
    names = [f"{NUMBER}{key}" for key in NUMBERS]
    given = {f"{NUMBER}false_alarm": ""} if rule.false_alarm is None else {}
    given |= {name: _sent(form, name) for name in names if name in form.fields} if form else {}
    at = (f"{NUMBER}{error[0]}", error[1])
    fields = make_fields(AlertRule, SECTION, NUMBERS, rule, given=given, error=at)
    return [replace(field, title=TITLES[_key(field)], unit=_unit(field)) for field in fields]


def _unit(field: SettingField) -> str:
    return UNIT_SECONDS if _key(field).endswith("seconds") or _key(field) == "cooldown" else field.unit


def _shown(rule: AlertRule, form: Form | None, *, is_new: bool) -> dict[str, Any]:
    """Name, kind, choices and text."""
    if form is None:
        return {
            "name": rule.name,
            "kind": rule.kind,
            "people": rule.people,
            "cameras": rule.cameras,
            "nodes": rule.nodes,
            "zone": rule.schedule.zone,
            "text": rule.text,
        }
    people = form.fields.get("people", ())
    return {
        "name": _sent(form, "name") or (people[0] if is_new and len(people) == 1 and "name" not in form.fields else ""),
        "kind": _sent(form, "kind") or "person",
        "people": people,
        "cameras": form.fields.get("cameras", ()),
        "nodes": bool(_sent(form, "nodes")),
        "zone": _sent(form, "zone"),
        "text": _sent(form, "text"),
    }


def _sent(form: Form, name: str) -> str:
    """A field as it is shown again, also one that `Form.text` refuses."""
    return next(iter(form.fields.get(name, ())), "").strip()[:LONGEST_SHOWN]


def _chosen(own: tuple[str, ...], form: Form | None, name: str) -> set[str]:
    return {*own, *(form.fields.get(name, ()) if form else ())} - {""}


def _cameras(room: Room, version: ConfigVersion) -> set[str]:
    return {*version.names(), *(camera.name for camera in room.live.state.cameras())}


def _times(rule: AlertRule, form: Form | None) -> list[TimeRow]:
    if form is None:
        rows = [_row(time) for time in rule.schedule.times]
    else:
        rows = [row for number in range(MOST_TIMES) if (row := _sent_row(form, f"time{number}."))]
    return [*rows, TimeRow(is_new=True)]


def _row(time: WeeklyTime) -> TimeRow:
    start, end = (clock_of(minutes_of(clock) % (24 * 60)) for clock in (time.start, time.end))
    return TimeRow(tuple(time.days), start, end, time.holidays)


def _sent_row(form: Form, prefix: str) -> TimeRow | None:
    days = tuple(form.fields.get(f"{prefix}days", ()))
    start, end = _sent(form, f"{prefix}start"), _sent(form, f"{prefix}end")
    if not (days or start or end):
        return None
    return TimeRow(days, start, end, _sent(form, f"{prefix}holidays") or "ignore")
