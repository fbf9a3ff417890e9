"""Comments of an example configuration, taken from the descriptions of its settings."""

import re
from typing import Any

from msgspec import Meta

from configs.fields import Unit, inner_type, marks_of

_KEY = re.compile(r"(?P<indent> *)(?P<off># )?(?P<item>- )?(?P<shift> *)(?P<key>[a-z_]+):(?= |$)")
_COMMENT = re.compile(r"(?<=\S) {2,}# .*$")
COMMENT_COLUMN = 40


def annotate(text: str, kind: Any) -> str:
    """An example file whose keys carry their descriptions as comments at the end of the line.

    Only the first clause of a description is taken, and only where a key stands for the first time; other comments
    stay. Keys that are commented out (`# tile: 640`) count as keys.
    """
    above: list[tuple[int, str]] = []
    described: set[tuple[str, str]] = set()
    lines = []
    for line in text.splitlines():
        if match := _KEY.match(line):
            indent = len(match["indent"]) + len(match["item"] or "") + len(match["shift"])
            while above and above[-1][0] >= indent:
                above.pop()
            key = match["key"]
            clause = _first_clause(kind, [*(name for _, name in above), key])
            above.append((indent, key))
            if clause and (key, clause) not in described:
                described.add((key, clause))
                line = f"{_COMMENT.sub('', line).rstrip():{COMMENT_COLUMN - 2}}  # {clause}"
        lines.append(line)
    return "\n".join(lines) + "\n"


def _first_clause(kind: Any, place: list[str]) -> str:
    """The description of the field at a place, up to its first semicolon; empty where there is no such field."""
    for key in place:
        kind = inner_type(kind, key) or inner_type(inner_type(kind, 0), key)
    descriptions = [meta.description for meta in marks_of(kind, Meta) if meta.description]
    unit = "".join(f" [{mark.symbol}]" for mark in marks_of(kind, Unit))
    return descriptions[-1].partition(";")[0] + unit if descriptions else ""
