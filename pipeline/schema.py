"""JSON Schemas made from the types, so that no field can be missing: `python -m pipeline.schema events|config`.

`fields` prints the tables of docs/events.md the same way. Unknown fields in events are allowed (a later version may add
some), unknown keys in the configuration are not.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

import msgspec

from configs.schema import json_schema, schema_text
from pipeline.events import SCHEMA_VERSION, CameraHealth, Event, Evidence, Message
from pipeline.settings.types import Settings

# Where `python -m pipeline.schema ...` output is kept; tests compare.
HOMES = {"events": "docs/events.schema.json", "config": "configs/glimpse.schema.json"}


def events_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of one published event."""
    return json_schema(Event, f"urn:glimpse:events:v{SCHEMA_VERSION}", "Glimpse event")


def config_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the YAML configuration."""
    return json_schema(Settings, "urn:glimpse:config", "Glimpse configuration")


def render(name: str) -> str:
    """The text of one schema (events, config) or of the field tables (fields)."""
    if name == "fields":
        return "\n".join(_tables())
    schema = events_schema() if name == "events" else config_schema()
    return schema_text(schema)


def _tables() -> Iterator[str]:
    envelope = {field.name for field in msgspec.structs.fields(Message)}
    yield from _table("Every event", Message, skip=set())
    for kind in get_args(Event):
        yield from _table(f"`{kind.__struct_config__.tag}`", kind, skip=envelope)
    yield from _table("`evidence` of track and identity events", Evidence, skip=set())
    yield from _table("`cameras` of health events, per camera", CameraHealth, skip=set())


def _table(title: str, kind: type[msgspec.Struct], *, skip: set[str]) -> Iterator[str]:
    components = msgspec.json.schema_components([kind])[1]
    properties = components[kind.__name__]["properties"]
    yield f"### {title}\n"
    yield f"{_sentence(kind)}\n"
    yield "| field | type | meaning |\n| --- | --- | --- |"
    for name, schema in properties.items():
        if name not in skip and (name != "kind" or kind is Message):
            meaning = "track, identity, camera or health" if name == "kind" else schema.get("description", "")
            yield f"| `{name}` | {_type(schema)} | {meaning} |"
    yield ""


def _sentence(kind: type[msgspec.Struct]) -> str:
    return " ".join((kind.__doc__ or "").split()).split("; see ")[0].removesuffix(".") + "."


def _type(schema: dict[str, Any]) -> str:
    """A JSON type in words."""
    if "anyOf" in schema:
        return " or ".join(_type(option) for option in schema["anyOf"])
    if "prefixItems" in schema:
        return f"{len(schema['prefixItems'])} {schema['prefixItems'][0]['type']}s"
    if "items" in schema and "type" in schema["items"]:
        return f"list of {schema['items']['type']}s"
    if "$ref" in schema:
        return "string" if schema["$ref"].endswith(("Action", "State")) else "object"
    return str(schema.get("type", "string"))


def main(argv: Sequence[str] | None = None) -> int:
    """Command line: writes to standard output, or with --write where the repository keeps it."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.schema", description="Write what the types say.")
    parser.add_argument("name", choices=("events", "config", "fields"))
    parser.add_argument("--write", action="store_true", help=f"write to {', '.join(HOMES.values())} instead")
    options = parser.parse_args(argv)
    if options.write and options.name in HOMES:
        (Path(__file__).parents[1] / HOMES[options.name]).write_text(render(options.name), encoding="utf-8")
    else:
        sys.stdout.write(render(options.name))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
