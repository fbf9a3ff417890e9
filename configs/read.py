"""Read a YAML file into typed settings. Errors name the file, the key, its value and what was expected."""

import difflib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

import msgspec
import yaml

from configs.fields import Formerly, RelativePath, arms, field_types, inner_type, marks_of, struct_of
from configs.strict_yaml import parse_yaml

_UNKNOWN = re.compile(r"Object contains unknown field `(?P<key>.+)`")
_STEP = re.compile(r"\[(?P<index>\d+)\]|(?P<some_key>\[\.\.\.\])|(?P<key>[^.\[\]]+)")
_WRONG_KIND = re.compile(r"Expected `(?P<kind>[a-z| ]+)`, got `[a-z]+`")
_WORDS = {
    "str": "text",
    "object": "a mapping",
    "array": "a list",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "null": "nothing",
}
_OF_MSGSPEC = ("Expected ", "expected ", "Invalid ", "Object ", "Length ", "Number ")
_PLAIN_KEY = re.compile(r"[A-Za-z_-]{1,30}[0-9]{0,2}")
_PLAIN_WORDS = re.compile(r"[A-Za-z _-]{0,20}")
Kind = TypeVar("Kind", bound=msgspec.Struct)


class ConfigurationError(ValueError):
    """The configuration cannot be used; the message names file, key, value and what was expected."""


def read_settings(path: Path, kind: type[Kind], overrides: Iterable[str] = ()) -> Kind:
    """Read a file into a struct of type `kind`.

    overrides: `key.of.a.section=value`, the value in YAML. Raises ConfigurationError.
    """
    raw = load_yaml(path)
    for override in overrides:
        _override(raw, override)
    try:
        return to_settings(resolve_paths(raw, kind, path.parent.resolve()), kind)
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error}") from None


def load_yaml(path: Path) -> dict[str, Any]:
    """One YAML file as plain data; an empty file gives an empty mapping. Raises ConfigurationError."""
    try:
        raw = parse_yaml(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror or error}") from None
    except (ValueError, yaml.YAMLError) as error:  # ValueError: not UTF-8, or a date that does not exist
        raise ConfigurationError(f"{path}: not readable as YAML: {_yaml_fault(error)}") from None
    if not isinstance(raw, dict | None):
        raise ConfigurationError(f"{path}: expected a mapping of settings, got {type(raw).__name__}")
    return raw or {}


def _yaml_fault(error: Exception) -> str:
    """What is wrong and where, without the line itself and without quoted words: either may hold a password."""
    if isinstance(error, UnicodeError):
        return f"expected UTF-8 text ({type(error).__name__})"
    if not isinstance(error, yaml.MarkedYAMLError):
        return str(error).splitlines()[0] if isinstance(error, yaml.YAMLError) else "a date that does not exist"
    mark = error.problem_mark or error.context_mark
    what = re.sub(r"(['\"]).{2,}\1", "***", ", ".join(filter(None, (error.context, error.problem))))
    return f"{what} (line {mark.line + 1}, column {mark.column + 1})" if mark else what


def resolve_paths(raw: Any, kind: Any, folder: Path) -> Any:
    """A copy of plain data for the type `kind`, in which every path (`RelativePath`) is absolute from `folder`."""
    if isinstance(raw, dict):
        return {key: resolve_paths(value, inner_type(kind, key), folder) for key, value in raw.items()}
    if isinstance(raw, list):
        return [resolve_paths(value, inner_type(kind, index), folder) for index, value in enumerate(raw)]
    marks = marks_of(kind, RelativePath)
    if marks and marks[0].existing_first and type(raw) is int:
        raw = str(raw)  # `source: 2024` may be a folder
    return marks[0].resolve(raw, folder) if marks and isinstance(raw, str) else raw


def refuse_urls(raw: Any, kind: Any, place: str = "") -> None:
    """Raise ConfigurationError for a URL in place of a path, without the URL: as a path its password would be shown."""
    if isinstance(raw, dict):
        for key, value in raw.items():
            refuse_urls(value, inner_type(kind, key), f"{place}.{key}".lstrip("."))
    elif isinstance(raw, list):
        for index, value in enumerate(raw):
            refuse_urls(value, inner_type(kind, index), f"{place}[{index}]")
    elif isinstance(raw, str) and any(mark.is_misplaced_url(raw) for mark in marks_of(kind, RelativePath)):
        raise ConfigurationError(f"{place}: expected a path, got what looks like a URL")


def to_settings(raw: Any, kind: type[Kind]) -> Kind:
    """Check and type plain data as YAML gives it; a section with nothing below its key is an empty section.

    Raises ConfigurationError, which does not name a file.
    """
    raw = _fill_sections(raw, kind)
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        raise ConfigurationError(_explain(str(error), raw, kind)) from None


def _fill_sections(raw: Any, kind: Any) -> Any:
    """A copy of plain data without the keys of sections and lists that hold nothing, so that these get their defaults.

    `tracking:` with nothing below it is null in YAML. A null stays where the setting may be null.
    """
    if isinstance(raw, dict):
        inner = {key: inner_type(kind, key) for key in raw}
        kept = {key: value for key, value in raw.items() if value is not None or not _is_section(inner[key])}
        return {key: _fill_sections(value, inner[key]) for key, value in kept.items()}
    if isinstance(raw, list):
        return [_fill_sections(value, inner_type(kind, index)) for index, value in enumerate(raw)]
    return raw


def _is_section(kind: Any) -> bool:
    """Whether values of this type are mappings or lists, and never null."""
    plain = [arm for arm, _ in arms(kind)]
    containers = (dict, list, tuple, msgspec.Struct)
    homes = [get_origin(arm) or arm for arm in plain]
    return bool(homes) and all(isinstance(home, type) and issubclass(home, containers) for home in homes)


def _override(raw: dict[str, Any], override: str) -> None:
    keys, equals, value = override.partition("=")
    *above, last = keys.split(".")
    section: Any = raw
    for key in above:
        section = section.setdefault(key, {}) if isinstance(section, dict) else None
    if not equals or not isinstance(section, dict):
        raise ConfigurationError(
            f"{override!r}: expected key=value with the key of a setting, such as label.shard_faces=1000"
        )
    section[last] = _parse_override(value) if value else ""  # YAML reads an empty text as null


def _parse_override(value: str) -> Any:
    try:
        return parse_yaml(value)
    except (ValueError, yaml.YAMLError) as error:
        raise ConfigurationError(f"a value that is not readable as YAML: {_yaml_fault(error)}") from None


def _explain(message: str, raw: Any, kind: Any) -> str:
    """Reword an error of msgspec: name the place, the value, and for an unknown key the one probably meant."""
    what, _, where = message.partition(" - at `$")
    place, value, kind = _locate(where.rstrip("`"), raw, kind)
    if unknown := _UNKNOWN.fullmatch(what):
        key, advice = unknown["key"], _advice(unknown["key"], kind)
        shown = repr(key) if _PLAIN_KEY.fullmatch(key) else f"of {len(key)} characters"  # it may be a misplaced secret
        return f"unknown key {shown}{' in ' * bool(place)}{place}; {advice}"
    if what.startswith("Invalid enum value"):
        what = f"expected {' or '.join(map(str, _choices(kind)))}"
    if wrong := _WRONG_KIND.fullmatch(what):
        return f"{place or 'settings'}: expected {_in_words(wrong['kind'], kind)}, got {_show(value)}"
    if not what.startswith(_OF_MSGSPEC):  # a struct says itself what it was given, and which key is wrong
        key = what.partition(":")[0]
        inner = f"{place}.{what}" if key in field_types(struct_of(kind) or msgspec.Struct) else f"{place}: {what}"
        return inner if place else what
    return f"{place}: {what} (got {_show(value)})" if place else what


def _in_words(kinds: str, kind: Any) -> str:
    """What msgspec expected (`str | null`), for readers; of a section also one of its keys."""
    words = [_WORDS.get(word, word) for word in kinds.split(" | ")]
    struct = struct_of(kind)
    if words == ["a mapping"] and struct and (keys := list(field_types(struct))):
        return f"a mapping of settings, such as {keys[0]!r}"
    return " or ".join(words)


def _show(value: Any) -> str:
    """A wrong value for an error message. Only plain words are repeated: anything else may be a misplaced secret."""
    if isinstance(value, dict):
        plain = [repr(key) for key in value if isinstance(key, str) and _PLAIN_KEY.fullmatch(key)]
        return f"a mapping with {', '.join(plain)}" if len(plain) == len(value) in range(1, 4) else "a mapping"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, str) and not _PLAIN_WORDS.fullmatch(value):
        return f"a text of {len(value)} characters"
    if value is None:
        return "nothing"
    return repr(value) if isinstance(value, str | int | float) else f"a {type(value).__name__}"


def _locate(where: str, raw: Any, kind: Any) -> tuple[str, Any, Any]:
    """Follow a place in msgspec's notation (`.students[...].loss`): the place for readers, its value and its type."""
    place = ""
    for step in _STEP.finditer(where):
        if step["index"]:
            key: Any = int(step["index"])
            place += step[0]
        else:
            key = step["key"] or _first_invalid(raw, kind)
            place += f".{key}"
        raw, kind = raw[key], inner_type(kind, key)
    return place.lstrip("."), raw, kind


def _first_invalid(mapping: dict[str, Any], kind: Any) -> str:
    """The key of the first value that is not of the mapping's type; msgspec's message only has `[...]`."""
    for key, value in mapping.items():
        try:
            msgspec.convert(value, inner_type(kind, key))
        except msgspec.ValidationError:
            return key
    raise AssertionError("msgspec refused a mapping without an invalid value")


def _advice(key: str, kind: Any) -> str:
    struct = struct_of(kind)
    types = field_types(struct) if struct else {}
    renamed = {mark.name: name for name, inner in types.items() for mark in marks_of(inner, Formerly)}
    near = [renamed[key]] if key in renamed else difflib.get_close_matches(key, types, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(sorted(types))}"


def _choices(kind: Any) -> list[Any]:
    return [choice for arm, _ in arms(kind) if get_origin(arm) is Literal for choice in get_args(arm)]
