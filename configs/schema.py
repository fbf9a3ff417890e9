"""JSON Schemas for editors and reference pages for readers, both made from the types of settings."""

import json
from typing import Any, Literal, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, Meta

from configs.fields import RelativePath, arms, field_types, marks_of, struct_of

DIALECT = "https://json-schema.org/draft/2020-12/schema"
NAMES = {bool: "true or false", int: "integer", float: "number", str: "text", type(None): "null"}


def json_schema(kind: Any, identifier: str, title: str) -> dict[str, Any]:
    """JSON Schema (2020-12) of a type. `identifier` becomes its `$id`."""
    return {"$schema": DIALECT, "$id": identifier, "title": title, **msgspec.json.schema(kind)}


def schema_text(schema: dict[str, Any]) -> str:
    """A schema as the text of its file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def settings_tables(kind: type[msgspec.Struct]) -> str:
    """Markdown: the keys of a struct, then those of the structs in it, each struct once."""
    sections: dict[type[msgspec.Struct], list[str]] = {}
    _collect(kind, "", sections)
    return "\n".join(_section(struct, places) for struct, places in sections.items())


def _collect(kind: type[msgspec.Struct], place: str, sections: dict[type[msgspec.Struct], list[str]]) -> None:
    """Note at which places (`students.NAME.loss`) each struct stands, in the order of the fields."""
    known = kind in sections
    sections.setdefault(kind, []).append(place)
    for key, inner in () if known else field_types(kind).items():
        struct, suffix = _inner_struct(inner)
        if struct is not None:
            _collect(struct, f"{place}.{key}{suffix}".lstrip("."), sections)


def _inner_struct(kind: Any) -> tuple[type[msgspec.Struct] | None, str]:
    """The struct that a field holds, alone, in a list (`[]`) or in a mapping (`.NAME`)."""
    if struct := struct_of(kind):
        return struct, ""
    for arm, _ in arms(kind):
        if inner := get_args(arm):
            index, suffix = (1, ".NAME") if get_origin(arm) is dict else (0, "[]")
            return struct_of(inner[index]), suffix
    return None, ""


def _section(kind: type[msgspec.Struct], places: list[str]) -> str:
    title = ", ".join(f"`{place}`" for place in places if place) or "Top level"
    meaning = " ".join((kind.__doc__ or "").split())
    rows = [_row(field) for field in msgspec.structs.fields(kind)]
    return "\n".join(
        [f"## {title}\n", f"{meaning}\n", "| key | value | default | meaning |", "| --- | --- | --- | --- |", *rows, ""]
    )


def _row(field: Any) -> str:
    described = [meta.description for meta in marks_of(field.type, Meta) if meta.description]
    meaning = described[-1] if described else _own_meaning(field.type)
    return f"| `{field.encode_name}` | {_values(field.type)} | {_default(field)} | {meaning} |".replace("  ", " ")


def _own_meaning(kind: Any) -> str:
    struct = struct_of(kind)
    return " ".join((struct.__doc__ or "").split()).removesuffix(".") if struct else ""


def _values(kind: Any) -> str:
    """Which values a field may have, in words."""
    return " or ".join(dict.fromkeys(_value(arm, marks) for arm, marks in arms(kind)))


def _value(kind: Any, marks: tuple[Any, ...]) -> str:
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Literal:
        return " or ".join(f"`{choice}`" for choice in inner)
    if origin is dict:
        return f"name: {_values(inner[1])}"
    if origin is tuple:
        return f"list of: {_values(inner[0])}" if Ellipsis in inner else f"{len(inner)} values: {_values(inner[0])}"
    if struct_of(kind):
        return "list" if kind.__struct_config__.array_like else "section"
    if any(isinstance(mark, RelativePath) for mark in marks):
        return "path"
    return NAMES[kind] + _limits([mark for mark in marks if isinstance(mark, Meta)])


def _limits(metas: list[Meta]) -> str:
    words = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "multiple_of": "multiple of"}
    limits = [
        f"{word} {value:g}"
        for meta in metas
        for name, word in words.items()
        if (value := getattr(meta, name)) is not None
    ]
    return "".join(f", {limit}" for limit in limits)


def _default(field: Any) -> str:
    """The default as YAML; of a section, only what differs from that section's own defaults."""
    value = field.default
    if value is NODEFAULT:
        value = NODEFAULT if field.default_factory is NODEFAULT else field.default_factory()
    if value is NODEFAULT:
        return "required"
    if not isinstance(value, msgspec.Struct):
        return _yaml(value)
    own = {other.name: other.default for other in msgspec.structs.fields(type(value))}
    changed = {key: inner for key in own if (inner := getattr(value, key)) != own[key]}
    return ", ".join(f"`{key}: {inner}`" for key, inner in changed.items())


def _yaml(value: Any) -> str:
    return f"`{json.dumps(msgspec.to_builtins(value), ensure_ascii=False)}`" if value not in ("", (), {}) else "empty"
