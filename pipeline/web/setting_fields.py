"""Fields of a form for settings: what they are, what they hold, and what is wrong with them."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from msgspec import Meta

from configs.fields import Unit, field_types, marks_of
from pipeline.settings.types import Settings


@dataclass(frozen=True, slots=True)
class SettingField:
    """name: of the setting, such as `decision.margin`.  error: a sentence, empty where nothing is wrong."""

    name: str
    title: str
    description: str
    unit: str
    value: str
    error: str = ""


def make_fields(
    kind: type, section: str, keys: Iterable[str], values: Any, *, given: Mapping[str, Any], error: tuple[str, str]
) -> list[SettingField]:
    """Fields for keys of a section. given: what the browser sent.  error: name of a setting, and what is wrong."""
    return [_field(kind, section, key, getattr(values, key), given, error) for key in keys]


def _field(
    kind: type, section: str, key: str, value: Any, given: Mapping[str, Any], error: tuple[str, str]
) -> SettingField:
    annotated, name = field_types(kind)[key], f"{section}.{key}"
    units = marks_of(annotated, Unit)
    shown = given.get(name)
    return SettingField(
        name=name,
        title=key.replace("_", " "),
        description=_describe(annotated),
        unit=units[0].symbol if units and not key.endswith(f"_{units[0].symbol}") else "",
        value=shown if isinstance(shown, str) else f"{value:g}",
        error=error[1] if error[0] == name else "",
    )


def _describe(annotated: Any) -> str:
    return next((str(mark.description) for mark in marks_of(annotated, Meta) if mark.description), "")


def read_value(text: str) -> Any:
    """A number, where it is one; otherwise the text, of which the settings will say what they expected."""
    stripped = text.strip()
    try:
        number = float(stripped)
    except ValueError:
        return stripped
    if not math.isfinite(number):
        return stripped
    return int(number) if number.is_integer() and abs(number) < 1e15 and "e" not in stripped.lower() else number


def value_at(settings: Settings, section: str, key: str) -> Any:
    """The value in use."""
    return getattr(getattr(settings, section), key)


def blame(message: str, names: Iterable[str]) -> tuple[str, str]:
    """Of which setting an error message speaks, and what it says; the name is empty where it is none of these."""
    for name in names:
        for end in (": ", " "):
            if message.startswith(name + end):
                return name, f"{message[len(name) + len(end) :]}."
    return "", f"{message}."
