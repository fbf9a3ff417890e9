"""Alert rules: added, changed, paused and removed in the file of settings; for operators."""

from collections.abc import Callable, Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.settings.file.config_file import ConfigVersion
from pipeline.settings.rooms.alerts import AlertRule
from pipeline.web.alert_rules.current import default_file
from pipeline.web.alert_rules.hearers import obstacles
from pipeline.web.alert_rules.rule_edit import add_rule, change_rule, pause_rule, remove_rule
from pipeline.web.alert_rules.rule_form import FieldError, check_rule, read_rule
from pipeline.web.alert_rules.words import say_rule
from pipeline.web.changes.change import change, told_at
from pipeline.web.changes.flash import Flash
from pipeline.web.changes.form import Form, RefusedError, read_form
from pipeline.web.config_change import save, version_of
from pipeline.web.pages.alert_rule_form import answer
from pipeline.web.pages.people import person_page
from pipeline.web.room import room_of
from recognizer.gallery.names import printable

PATH = "/alerts/rules"
LONGEST_NAME = 64
LONGEST_NUMBER = 9  # digits of the place of a rule
SAVED = "The alerts process takes it up within seconds."


def show_new(request: Request) -> Response:
    """The form of a rule that is to be. Query: the person or camera that it is to be about."""
    wanted = {key: request.query_params.getlist(one) for key, one in (("people", "person"), ("cameras", "camera"))}
    return answer(request, version_of(room_of(request)), Form({**wanted, "nodes": ["on"]}), number=None)


def show_one(request: Request) -> Response:
    """The form of a rule of the file."""
    version = version_of(room_of(request))
    return answer(request, version, None, number=_number(request, version))


async def add(request: Request) -> Response:
    """Add a rule; the form again, with sentences, where something is wrong."""
    return await run_in_threadpool(_add, request, await _form(request))


async def change_one(request: Request) -> Response:
    """Change what differs of a rule."""
    return await run_in_threadpool(_change, request, await _form(request))


def _add(request: Request, form: Form) -> Response:
    version = version_of(room_of(request))
    try:
        rule = read_rule(form)
        checked = check_rule(rule, others=version.settings.alerts.rules)
        _save_new(request, form, version, rule, checked)
    except (ValueError, RefusedError) as error:
        return answer(request, version, form, number=None, error=_field_of(error))
    return told_at(request, "/alerts", _told(request, f"Saved: {say_rule(checked)}."))


def _change(request: Request, form: Form) -> Response:
    version = version_of(room_of(request))
    number = _number(request, version)
    before = version.settings.alerts.rules[number]
    try:
        rule = read_rule(form)
        after = check_rule(rule, others=[one for one in version.settings.alerts.rules if one is not before])
        changes = _differences(before, after)
        _save(
            request, form, lambda text: change_rule(text, number, before, after, rule), "changed", before.name, changes
        )
    except (ValueError, RefusedError) as error:
        return answer(request, version, form, number=number, error=_field_of(error))
    said = f"Saved: {say_rule(after)}." if changes else "Nothing to change."
    return told_at(request, "/alerts", _told(request, said) if changes else Flash(said))


def _tell(request: Request, form: Form) -> Flash:
    """The rule that a click on a person's page makes."""
    version, person = version_of(room_of(request)), form.needed("name")
    rules = version.settings.alerts.rules
    rule: dict[str, Any] = {"name": _free_name(printable(person), rules), "kind": "person", "people": [person]}
    checked = check_rule(rule, others=rules)
    _save_new(request, form, version, rule, checked)
    return _told(request, f"From now on an alert tells when {printable(person)} comes.")


def _pause(request: Request, form: Form) -> Flash:
    version, enabled = version_of(room_of(request)), form.is_ticked("enabled")
    number = _number(request, version)
    name = version.settings.alerts.rules[number].name
    word = "enabled" if enabled else "paused"
    _save(request, form, lambda text: pause_rule(text, number, enabled=enabled), word, name, {})
    return _told(request, f"{printable(name)} tells again.") if enabled else Flash(f"{printable(name)} is paused.")


def _remove(request: Request, form: Form) -> Flash:
    version = version_of(room_of(request))
    number = _number(request, version)
    rule = version.settings.alerts.rules[number]
    _save(request, form, lambda text: remove_rule(text, number), "removed", rule.name, {"rule": say_rule(rule)})
    return Flash(f"{printable(rule.name)} is removed.", ("Alerts that it raised stay.",))


def _save_new(
    request: Request, form: Form, version: ConfigVersion, rule: Mapping[str, Any], checked: AlertRule
) -> None:
    file = default_file(version.plain)
    if not (version.settings.alerts.file or file):
        raise FieldError("", "There is no file for alerts: set alerts.file in the settings file, then start it again")
    details = {"rule": say_rule(checked)} | ({"alerts.file": file} if file else {})
    _save(request, form, lambda text: add_rule(text, rule, file=file), "added", checked.name, details)


def _save(
    request: Request,
    form: Form,
    edit: Callable[[str], str],
    what: str,
    target: str,
    details: Mapping[str, str],
) -> None:
    save(request, form.text("digest"), edit, action=f"alert rule {what}", target=target, details=details)


def _told(request: Request, text: str) -> Flash:
    """What was saved, with what still keeps it from being told."""
    room = room_of(request)
    settings = version_of(room).settings
    missing = tuple(obstacles(settings, room.alerts, room.clock()))
    return Flash(text, cautions=missing) if missing else Flash(text, (SAVED,))


def _differences(before: AlertRule, after: AlertRule) -> dict[str, str]:
    pairs = {key: (getattr(before, key), getattr(after, key)) for key in AlertRule.__struct_fields__}
    return {key: f"{old} → {new}" for key, (old, new) in pairs.items() if old != new and key != "enabled"}


def _free_name(name: str, rules: tuple[AlertRule, ...]) -> str:
    taken = {rule.name for rule in rules}
    names = (name[:LONGEST_NAME], *(f"{name[: LONGEST_NAME - 4]} {number}" for number in range(2, len(taken) + 3)))
    return next(one for one in names if one not in taken)


def _field_of(error: Exception) -> tuple[str, str]:
    """Name of a field, and a sentence."""
    text = str(error).rstrip(".")
    return getattr(error, "name", ""), f"{text[:1].upper()}{text[1:]}."


def _number(request: Request, version: ConfigVersion) -> int:
    text = str(request.path_params["number"])
    is_number = text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER
    if not is_number or (number := int(text)) >= len(version.settings.alerts.rules):
        raise HTTPException(404, "There is no such rule in the file.")
    return number


async def _form(request: Request) -> Form:
    async with request.form(max_files=0, max_fields=2000) as data:
        return await read_form(data)


def _to_alerts(request: Request, form: Form) -> str:
    return person_page(printable(form.text("person"))) if form.text("person") else "/alerts"


def _to_person(request: Request, form: Form) -> str:
    return person_page(printable(form.text("name")))


routes = (
    Route(f"{PATH}/new", show_new),
    Route(PATH + "/{number}", show_one),
    Route(f"{PATH}/add", add, methods=["POST"]),
    Route(PATH + "/{number}/change", change_one, methods=["POST"]),
    change(f"{PATH}/tell", _tell, back=_to_person),
    change(PATH + "/{number}/pause", _pause, back=_to_alerts),
    change(PATH + "/{number}/remove", _remove, back=_to_alerts),
)
