"""JSON Schemas for editors and reference pages for readers, both made from the types of settings."""

import json
from datetime import date
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, Meta

from configs.fields import Flag, RelativePath, Unit, arms, field_types, list_flags, marks_of, struct_of
from configs.markdown import table

DIALECT = "https://json-schema.org/draft/2020-12/schema"
NAMES = {bool: "true or false", int: "integer", float: "number", str: "text", Path: "path", type(None): "null"}
NAMES |= {date: "date"}


def json_schema(kind: Any, identifier: str, title: str) -> dict[str, Any]:
    """JSON Schema (2020-12) of a type. `identifier` becomes its `$id`."""
    schema = {"$schema": DIALECT, "$id": identifier, "title": title, **msgspec.json.schema(kind)}
    for struct in _places(kind) if isinstance(kind, type) else ():
        properties = schema["$defs"][struct.__name__].get("properties", {})
        for key, inner in field_types(struct).items():
            for mark in marks_of(inner, Unit):
                properties[key]["description"] += f" [{mark.symbol}]"
    return schema


def schema_text(schema: dict[str, Any]) -> str:
    """A schema as the text of its file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def settings_tables(kind: type[msgspec.Struct]) -> str:
    """Markdown: the keys of a struct, then those of the structs in it, each struct once."""
    sections = _places(kind)
    return "\n".join(_section(struct, places, sections) for struct, places in sections.items())


def flags_table(kind: type[msgspec.Struct]) -> str:
    """Markdown: the flags of a struct, with the placeholder of their value, default and meaning."""
    rows = []
    for field, flag in list_flags(kind):
        metavar = flag.metavar or field.unit.upper()
        name = f"`{flag.name}{f' {metavar}' if metavar else ''}`"
        rows.append([name, _yaml(field.default) if field.default else "", field.description])
    return _table(["flag", "default", "meaning"], rows)


def _places(kind: type[msgspec.Struct]) -> dict[type[msgspec.Struct], list[str]]:
    """A struct and all structs in it, each with its places."""
    sections: dict[type[msgspec.Struct], list[str]] = {}
    _collect(kind, "", sections)
    return sections


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


def _section(kind: type[msgspec.Struct], places: list[str], sections: dict[type[msgspec.Struct], list[str]]) -> str:
    title = ", ".join(f"`{place}`" for place in places if place) or "Top level"
    meaning = " ".join((kind.__doc__ or "").split())
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    base = kind.__mro__[1]
    if base in sections:
        meaning += f" Beside these keys, it takes those of `{sections[base][0]}`."
        fields = {name: field for name, field in fields.items() if name not in base.__struct_fields__}
    columns = ["key", "value", "unit", "default", "flag", "meaning"]
    return f"## {title}\n\n{meaning}\n\n{_table(columns, [_row(field) for field in fields.values()])}\n"


def _table(columns: list[str], rows: list[list[str]]) -> str:
    """A Markdown table without the columns for units and flags where no row has one."""
    optional = ("unit", "flag")
    used = [index for index, name in enumerate(columns) if name not in optional or any(row[index] for row in rows)]
    return table([columns[index] for index in used], [[row[index] for index in used] for row in rows])


def _row(field: Any) -> list[str]:
    described = [meta.description for meta in marks_of(field.type, Meta) if meta.description]
    meaning = described[-1] if described else _own_meaning(field.type)
    unit = "".join(mark.symbol for mark in marks_of(field.type, Unit))
    flag = "".join(f"`{mark.name}`" for mark in marks_of(field.type, Flag))
    return [f"`{field.encode_name}`", _values(field.type), unit, _default(field), flag, meaning]


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
    if origin in (list, tuple):
        fixed = origin is tuple and Ellipsis not in inner
        return f"{f'{len(inner)} values' if fixed else 'list of'}: {_values(inner[0])}"
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
    limits += [f"matching `{meta.pattern}`" for meta in metas if meta.pattern]
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
