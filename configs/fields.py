"""Marks that a field of a settings struct carries in its type, and functions that look into such types.

A mark is written beside msgspec's own `Meta`, which ignores it:

    gallery: Annotated[FilePath, Meta(description="enrolled people"), Formerly("people")] = ""
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import msgspec

Mark = TypeVar("Mark")


@dataclass(frozen=True)
class RelativePath:
    """The text is a path; a relative one starts at the folder of the file it is written in.

    unless: regular expression; a text that matches it from its start is not a path. Empty texts and texts that begin
    with an environment variable (`${env:NAME}`) never are.
    """

    unless: str = "$"

    def resolve(self, text: str, folder: Path) -> str:
        """The path in `text` made absolute from `folder`, or `text` itself where it is not a path."""
        if not text or text.startswith("${") or re.match(self.unless, text):
            return text
        return str(folder / Path(text).expanduser())


@dataclass(frozen=True)
class Formerly:
    """A former name of this key. The reader refuses it and suggests the present name."""

    name: str


FilePath = Annotated[str, RelativePath()]
ModelPath = Annotated[str, RelativePath(unless=r"embedded$|pack:")]
SourcePath = Annotated[str, RelativePath(unless=r"\d+$|.*://")]


def arms(kind: Any, marks: tuple[Any, ...] = ()) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Take `Annotated` and unions apart: each plain type that a value may have, and the marks on it."""
    if hasattr(kind, "__metadata__"):
        yield from arms(kind.__origin__, (*kind.__metadata__, *marks))
    elif get_origin(kind) in (Union, UnionType):
        for arm in get_args(kind):
            yield from arms(arm, marks)
    else:
        yield kind, marks


def marks_of(kind: Any, mark: type[Mark]) -> list[Mark]:
    """All marks of one class on a type, each once."""
    found = [item for _, marks in arms(kind) for item in marks if isinstance(item, mark)]
    return list(dict.fromkeys(found))


def struct_of(kind: Any) -> type[msgspec.Struct] | None:
    """The struct that a value of this type may be, None where it cannot be one."""
    return next((arm for arm, _ in arms(kind) if isinstance(arm, type) and issubclass(arm, msgspec.Struct)), None)


def field_types(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """The type of each field, marks included, by its key in a file."""
    return {field.encode_name: field.type for field in msgspec.structs.fields(struct)}


def inner_type(kind: Any, key: object) -> Any:
    """The type of what stands at a key or index of a value of type `kind`; None where nothing is expected there."""
    if struct := struct_of(kind):
        return field_types(struct).get(key) if isinstance(key, str) else None
    for arm, _ in arms(kind):
        inner = get_args(arm)
        if get_origin(arm) is dict:
            return inner[1]
        if get_origin(arm) in (tuple, list) and isinstance(key, int):
            return inner[key] if key < len(inner) and Ellipsis not in inner else inner[0]
    return None
