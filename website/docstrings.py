"""Docstrings as the site shows them: the lines and phrases `name: what it is` become a list."""

import re
from typing import Any

from griffe import Class, Extension, Function, Object


class NamedLines(Extension):
    """Turns `box: x0, y0, x1, y1.  px: height` into items of a list, where these are the object's own names."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Change the docstring of an object that griffe has read."""
        if obj.docstring is not None and isinstance(obj, Class | Function):
            obj.docstring.value = list_names(obj.docstring.value, _names(obj))


def list_names(text: str, names: set[str]) -> str:
    """Paragraphs that begin with one of these names and a colon as lists, an item for each name."""
    if not names:
        return text
    known = "|".join(sorted(map(re.escape, names)))
    start = re.compile(rf"(?:^|\n|(?<=[.;])  )((?:{known})(?:, (?:{known}))*): ")
    return "\n\n".join(_listed(paragraph, start) for paragraph in text.split("\n\n"))


def _listed(paragraph: str, start: re.Pattern[str]) -> str:
    lead, *parts = start.split(paragraph)
    if not parts:
        return paragraph
    parts[-1], raises, after = parts[-1].partition("Raises ")
    items = [f"- `{name}`: {' '.join(what.split())}" for name, what in zip(parts[::2], parts[1::2], strict=True)]
    return "\n\n".join(filter(None, (lead, "\n".join(items), raises + after)))


def _names(obj: Class | Function) -> set[str]:
    if isinstance(obj, Function):
        return {parameter.name for parameter in obj.parameters}
    return set(obj.members) | {parameter.name for parameter in obj.parameters}
