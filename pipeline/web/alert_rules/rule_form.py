"""A rule as a form sends it, and what is wrong with which of its fields."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.alerts.rules.make import make_rules
from pipeline.alerts.subjects import Subjects
from pipeline.capture.camera_names import topic_name
from pipeline.settings.load import make_settings
from pipeline.settings.rooms.alert_times import DAYS
from pipeline.settings.rooms.alerts import KINDS_OF, AlertRule
from pipeline.web.changes.form import Form
from pipeline.web.setting_fields import read_value
from recognizer.gallery.names import MAX_NAME_LENGTH, normalise_name, printable

NUMBERS = (
    *("false_alarm", "cooldown", "returning", "min_seconds", "within_seconds", "down_seconds", "away_seconds"),
    *("min_looks", "min_px", "escalate_seconds", "max_level"),
)
NUMBER = "rule."
"""What the names of their fields begin with."""
MOST = 500  # people or cameras of a rule
MOST_TIMES = 20
MIDNIGHT = "00:00"  # where a time begins, and where it ends unless the file says otherwise
_PLACE = re.compile(r"alerts\.rules\[0\](?: '.*?')?[.:] ?(?P<rest>.*)", re.DOTALL)
_TIME = re.compile(r"(?:schedule\.)?times\[(\d+)\](?:\.(\w+))?: (.*)", re.DOTALL)
_GOT = re.compile(r" \(got [^()]*\)$")


class FieldError(ValueError):
    """What is wrong with one field. name: of the field; empty for the rule as a whole."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(sentence)
        self.name = name


def read_rule(form: Form) -> dict[str, Any]:
    """What the form says, as the file would have it; fields of other kinds are left out. Raises RefusedError."""
    kind = form.text("kind") or "person"
    rule: dict[str, Any] = {"name": form.text("name"), "kind": kind}
    rule |= {key: found for key in ("people", "cameras") if _is_for(key, kind) and (found := _chosen(form, key))}
    if schedule := _schedule(form):
        rule["schedule"] = schedule
    numbers = {key: form.text(f"{NUMBER}{key}", longest=40) for key in NUMBERS if _is_for(key, kind)}
    rule |= {key: read_value(value) for key, value in numbers.items() if value}
    if _is_for("nodes", kind) and not form.is_ticked("nodes"):
        rule["nodes"] = False
    if text := form.text("text", longest=500):
        rule["text"] = text
    return rule


def check_rule(rule: Mapping[str, Any], *, others: Sequence[AlertRule]) -> AlertRule:
    """The rule, if it can be used. others: of the same file. Raises FieldError."""
    if not rule["name"]:
        raise FieldError("name", "expected a name, such as the person's")
    _check_texts(rule)
    if any(other.name == rule["name"] for other in others):
        raise FieldError("name", "another rule has this name; expected a different one")
    _check_needs(rule)
    try:
        section = make_settings({"alerts": {"rules": [dict(rule)]}}, environment={}).alerts
        make_rules(section, Subjects(lambda *_: None))
    except ValueError as error:
        raise _placed(str(error)) from None
    return section.rules[0]


def _check_texts(rule: Mapping[str, Any]) -> None:
    """Names are shown and logged; a variable of the environment would show what it holds."""
    for key in ("name", "text", "people", "cameras"):
        values = rule.get(key, "")
        for value in [values] if isinstance(values, str) else values:
            if "${" in value or printable(value) != value:
                raise FieldError(key, "expected a text that can be printed, without ${")
    if any(len(name) > MAX_NAME_LENGTH for name in rule.get("people", ())):
        raise FieldError("people", f"expected names of at most {MAX_NAME_LENGTH} characters")
    for key, clean in (("people", normalise_name), ("cameras", topic_name)):
        try:
            [clean(name) for name in rule.get(key, ())]
        except ValueError as error:
            raise FieldError(key, str(error)) from None


def _check_needs(rule: Mapping[str, Any]) -> None:
    if rule["kind"] == "missing" and not rule.get("people"):
        raise FieldError("people", "expected somebody who must come")
    if rule["kind"] == "missing" and not rule.get("schedule", {}).get("times"):
        raise FieldError("schedule", "expected a time by whose end they must have come")


def _is_for(key: str, kind: str) -> bool:
    return key not in KINDS_OF or kind in KINDS_OF[key]


def _chosen(form: Form, name: str) -> list[str]:
    return list(dict.fromkeys(value for value in form.fields.get(name, ())[:MOST] if value))


def _schedule(form: Form) -> dict[str, Any]:
    """The zone, by which the alert says its time too, and the times that are filled in."""
    times = [time for number in range(MOST_TIMES) if (time := _time(form, f"time{number}."))]
    zone = form.text("zone", longest=64)
    return ({"zone": zone} if zone else {}) | ({"times": times} if times else {})


def _time(form: Form, prefix: str) -> dict[str, Any]:
    days = [day for day in form.fields.get(f"{prefix}days", ()) if day in DAYS]
    start, end = form.text(f"{prefix}start"), form.text(f"{prefix}end")
    if form.is_ticked(f"{prefix}remove") or not (days or start or end):
        return {}
    found: dict[str, Any] = {"days": days} if 0 < len(days) < len(DAYS) else {}
    found |= {key: value for key, value in (("start", start), ("end", end)) if value not in ("", MIDNIGHT)}
    holidays = form.text(f"{prefix}holidays")
    return found | ({"holidays": holidays} if holidays not in ("", "ignore") else {})


def _placed(message: str) -> FieldError:
    """Which field a message of the settings is about."""
    found = _PLACE.match(message)
    rest = _GOT.sub("", found["rest"] if found else message)
    if time := _TIME.match(rest):
        return FieldError("schedule", f"time {int(time[1]) + 1}{f', {time[2]}' if time[2] else ''}: {time[3]}")
    if rest.startswith("time zone"):
        return FieldError("zone", rest)
    name, colon, sentence = rest.partition(": ")
    is_field = colon and name in AlertRule.__struct_fields__
    return FieldError(name, sentence) if is_field else FieldError("", rest)
