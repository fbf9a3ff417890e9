"""Rules in the text of the file of settings: added, changed, paused, removed; the rest of the text stays."""

from collections.abc import Mapping
from typing import Any

import msgspec

from configs.strict_yaml import parse_yaml
from pipeline.settings.file.yaml_edit import (
    NotEditableError,
    add_section,
    append,
    remove_item,
    remove_key,
    set_value,
)
from pipeline.settings.rooms.alerts import AlertRule

RULES = ("alerts", "rules")
DEFAULTS = {field.name: field.default for field in msgspec.structs.fields(AlertRule)}


def add_rule(text: str, rule: Mapping[str, Any], *, file: str) -> str:
    """The text with one more rule. file: of alerts, where the text names none. Raises NotEditableError."""
    values = {key: value for key, value in rule.items() if key == "name" or value != DEFAULTS[key]}
    if not (parse_yaml(text) or {}).get("alerts"):
        return add_section(text, "alerts", {"file": file, "rules": [values]} if file else {"rules": [values]})
    if file:
        text = set_value(text, ("alerts", "file"), file)
    return append(text, RULES, values)


def change_rule(text: str, number: int, before: AlertRule, after: AlertRule, rule: Mapping[str, Any]) -> str:
    """The text with those keys of a rule changed that differ. rule: the new one, as the file has it."""
    for key, default in DEFAULTS.items():
        value = getattr(after, key)
        if value == getattr(before, key) or key == "enabled":
            continue
        if value == default:
            text = _reset(text, (*RULES, number, key), default)
        else:
            text = set_value(text, (*RULES, number, key), rule[key])
    return text


def pause_rule(text: str, number: int, *, enabled: bool) -> str:
    """The text with a rule paused, or enabled again. Raises NotEditableError."""
    path = (*RULES, number, "enabled")
    return _reset(text, path, True) if enabled else set_value(text, path, False)


def remove_rule(text: str, number: int) -> str:
    """The text without a rule. Raises NotEditableError."""
    return remove_item(text, RULES, number)


def _reset(text: str, path: tuple[str | int, ...], default: Any) -> str:
    """Without a key, or with its default in it where it cannot be taken out without changing more."""
    try:
        return remove_key(text, path)
    except NotEditableError:
        return set_value(text, path, msgspec.to_builtins(default))
