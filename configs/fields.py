"""Marks that a field of a settings struct carries in its type, and functions that look into such types.

A mark stands beside msgspec's own `Meta`; msgspec ignores it. Flags, help texts, schemas and the reference page are all
made from the fields, so a setting is declared in one place:

    tile: Annotated[int, Meta(ge=0, description="size of the windows"), Unit("px"), Flag("--tile", MODELS)] = 0
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import msgspec

from configs.mask import MASK

Mark = TypeVar("Mark")


_ORIGIN = re.compile(r"https?://[^\s/@?#]+(?=[/?#]|$)")
_URL_OR_LOGIN = re.compile(r".*://|[^/.~].*:.*@", re.DOTALL)


@dataclass(frozen=True)
class RelativePath:
    """The text is a path; a relative one starts at the folder of the file it is written in.

    unless: regular expression; a text that matches it from its start is not a path. Empty texts and texts that begin
    with an environment variable (`${env:NAME}`) never are.
    existing_first: a file or folder of this name that exists is meant, whatever `unless` says.
    """

    unless: str = "$"
    existing_first: bool = False

    def resolve(self, text: str, folder: Path) -> str:
        """The path in `text` made absolute from `folder`, or `text` itself where it is not a path."""
        if not text or text.startswith("${") or self.is_misplaced_url(text):
            return text
        path = str(folder / os.path.expanduser(text))
        exists = self.existing_first and "://" not in text and os.path.exists(path)
        return text if re.match(self.unless, text) and not exists else path

    def is_misplaced_url(self, text: str) -> bool:
        """Whether a URL or a login stands where only a path may: a camera's, with its password, under a wrong key."""
        return bool(_URL_OR_LOGIN.match(text)) and not re.match(self.unless, text)


@dataclass(frozen=True)
class Formerly:
    """A former name of this key. The reader refuses it and suggests the present name."""

    name: str


@dataclass(frozen=True)
class Secret:
    """The text is hidden wherever settings are shown.  url: of an address, scheme and host stay visible."""

    url: bool = False

    def hide(self, text: str) -> str:
        """The text as it may be shown; an empty one as it is."""
        if not text:
            return text
        found = _ORIGIN.match(text) if self.url else None
        return f"{found[0]}/{MASK}" if found else MASK


@dataclass(frozen=True)
class Unit:
    """The unit of a number."""

    symbol: str


@dataclass(frozen=True)
class Flag:
    """The command-line flag that sets this field.

    group: heading in `--help`.  metavar: placeholder of the value, by default its unit.
    parse: turns the flag's text into the plain value that a file would hold.
    bare: value of a flag that is given without one; None where it needs one.
    replaces: keys of the same section that the flag removes from the file's data.
    """

    name: str
    group: str
    metavar: str = ""
    parse: Callable[[str], Any] | None = None
    bare: str | None = None
    replaces: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The flag as an identifier: `detector_score` for `--detector-score`."""
        return self.name.lstrip("-").replace("-", "_")


@dataclass(frozen=True)
class Field:
    """A field of a struct or of a section in it, with everything in its declaration.

    place: keys from the root to the field.  default: `msgspec.NODEFAULT` where the field is required.
    """

    place: tuple[str, ...]
    kind: Any
    default: Any
    description: str
    unit: str
    flag: Flag | None


FilePath = Annotated[str, RelativePath()]
StorePlace = Annotated[str, RelativePath(unless=r"postgres(ql)?://")]
"""A file, or an address of PostgreSQL."""
ModelPath = Annotated[str, RelativePath(unless=r"(embedded|tiny|base|large)$|pack:")]
SourcePath = Annotated[str, RelativePath(unless=r"\d+$|.*://|(?i:file:/)", existing_first=True)]


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


@cache
def field_types(struct: type[msgspec.Struct]) -> Mapping[str, Any]:
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


def list_fields(struct: type[msgspec.Struct], place: tuple[str, ...] = ()) -> Iterator[Field]:
    """Every field of a struct, in order; sections are opened, lists and optional structs are not."""
    for field in msgspec.structs.fields(struct):
        here = (*place, field.encode_name)
        if isinstance(field.default, msgspec.Struct):
            yield from list_fields(type(field.default), here)
            continue
        descriptions = [meta.description for meta in marks_of(field.type, msgspec.Meta) if meta.description]
        units, flags = marks_of(field.type, Unit), marks_of(field.type, Flag)
        yield Field(
            place=here,
            kind=field.type,
            default=field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory(),
            description=descriptions[-1] if descriptions else "",
            unit=units[-1].symbol if units else "",
            flag=flags[-1] if flags else None,
        )


def list_flags(struct: type[msgspec.Struct]) -> list[tuple[Field, Flag]]:
    """The fields of a struct and of its sections that have a flag."""
    return [(field, field.flag) for field in list_fields(struct) if field.flag]
