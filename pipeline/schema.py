"""Files made from the types of settings and events: `python -m pipeline.schema write`.

In events, unknown fields are allowed, as a later version may add some. In the configuration, unknown keys are errors.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

import msgspec

from configs.example import annotate
from configs.markdown import table
from configs.schema import flags_table, json_schema, schema_text, settings_tables
from pipeline.events import KINDS, SCHEMA_VERSION, CameraHealth, Event, Evidence, Message, NodeClock, NodeLoad
from pipeline.settings.outputs import RunOptions
from pipeline.settings.types import Settings

ROOT = Path(__file__).parents[1]
# The committed file of each name; a test compares.
HOMES = {
    "events": "docs/events.schema.json",
    "config": "configs/glimpse.schema.json",
    "fields": "docs/events.md",
    "settings": "docs/settings.md",
    "example": "configs/example.yaml",
}
SETTINGS_PAGE = """\
# Settings

Made by `python -m pipeline.schema write`; do not edit.

Settings come from a YAML file (`--config FILE`) and from flags; a flag overrides the file, its `defaults` and its
cameras. [configs/example.yaml](../configs/example.yaml) is a file to start from. Paths in a file are relative to it.
`${env:NAME}` stands for an environment variable, in the file and in flags. `--check` prints the effective settings.
"""
FLAGS_SECTION = """\
## Flags of a run

These options are flags only; they do not stand in the file.
"""


def events_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of one published event."""
    return json_schema(Event, f"urn:glimpse:events:v{SCHEMA_VERSION}", "Glimpse event")


def config_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the YAML configuration."""
    return json_schema(Settings, "urn:glimpse:config", "Glimpse configuration")


def render(name: str) -> str:
    """What is made from the types: a schema, a page, the tables of a page, or an example with its comments."""
    if name == "fields":
        return "\n".join(_tables())
    if name == "settings":
        return "\n".join([SETTINGS_PAGE, settings_tables(Settings), FLAGS_SECTION, flags_table(RunOptions), ""])
    if name == "example":
        return annotate((ROOT / HOMES[name]).read_text(encoding="utf-8"), Settings)
    return schema_text(events_schema() if name == "events" else config_schema())


def home_text(name: str) -> str:
    """The whole text that the file of this name should have."""
    if name != "fields":
        return render(name)
    page = (ROOT / HOMES[name]).read_text(encoding="utf-8")
    start = page.index("### Every event")
    return page[:start] + render(name) + page[page.index("\n## ", start) :]


def main(argv: Sequence[str] | None = None) -> int:
    """Command line: print one of them, write its file (`--write`), or write all files (`write`)."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.schema", description="Write what the types say.")
    parser.add_argument("name", choices=(*HOMES, "write"), help="what to print; write: write all files instead")
    parser.add_argument("--write", action="store_true", help="write its file instead of printing")
    options = parser.parse_args(argv)
    if options.name != "write" and not options.write:
        sys.stdout.write(render(options.name))
        return 0
    if not (ROOT / HOMES["fields"]).is_file():
        parser.error(f"write: {HOMES['fields']} is not in {ROOT}; files are written in a clone, not in an installation")
    for name in HOMES if options.name == "write" else [options.name]:
        (ROOT / HOMES[name]).write_text(home_text(name), encoding="utf-8")
    return 0


def _tables() -> Iterator[str]:
    envelope = {field.name for field in msgspec.structs.fields(Message)}
    yield from _table("Every event", Message, skip=set())
    for kind in get_args(Event):
        yield from _table(f"`{kind.__struct_config__.tag}`", kind, skip=envelope)
    yield from _table("`evidence` of track, identity and sample events", Evidence, skip=set())
    yield from _table("`cameras` of health events, per camera", CameraHealth, skip=set())
    yield from _table("`load` of health events", NodeLoad, skip=set())
    yield from _table("`clock` of health events", NodeClock, skip=set())


def _table(title: str, kind: type[msgspec.Struct], *, skip: set[str]) -> Iterator[str]:
    components = msgspec.json.schema_components([kind])[1]
    properties = components[kind.__name__]["properties"]
    yield f"### {title}\n"
    yield f"{_first_sentence(kind)}\n"
    rows = []
    for name, schema in properties.items():
        if name not in skip and (name != "kind" or kind is Message):
            meaning = ", ".join(sorted(KINDS)) if name == "kind" else schema.get("description", "")
            rows.append([f"`{name}`", _type_in_words(schema), meaning])
    yield table(["field", "type", "meaning"], rows)
    yield ""


def _first_sentence(kind: type[msgspec.Struct]) -> str:
    return " ".join((kind.__doc__ or "").split()).split("; see ")[0].removesuffix(".") + "."


def _type_in_words(schema: dict[str, Any]) -> str:
    """A JSON type in words."""
    if "anyOf" in schema:
        return " or ".join(_type_in_words(option) for option in schema["anyOf"])
    if "prefixItems" in schema:
        return f"{len(schema['prefixItems'])} {schema['prefixItems'][0]['type']}s"
    if "items" in schema and "type" in schema["items"]:
        return f"list of {schema['items']['type']}s"
    if "$ref" in schema:
        return "string" if schema["$ref"].endswith(("Action", "State")) else "object"
    return str(schema.get("type", "string"))


if __name__ == "__main__":
    raise SystemExit(main())
