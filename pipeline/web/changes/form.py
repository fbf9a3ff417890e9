"""A form that changes something, as its fields and files were sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from starlette.datastructures import FormData, UploadFile

LARGEST = 2**63 - 1


class RefusedError(Exception):
    """A change cannot be made; the sentence is for the user."""


class Upload(NamedTuple):
    """A file that was sent. name: as the browser said, for people alone."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Form:
    """The fields of a form, by name, and its files."""

    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)
    files: Sequence[Upload] = ()

    def text(self, name: str, *, longest: int = 200) -> str:
        """A field without spaces around it, empty where it is missing. Raises RefusedError for one too long."""
        value = next(iter(self.fields.get(name, ())), "").strip()
        if len(value) > longest or "\0" in value:
            raise RefusedError(f"{name}: expected at most {longest} characters.")
        return value

    def needed(self, name: str, *, longest: int = 200) -> str:
        """A field that must not be empty. Raises RefusedError."""
        value = self.text(name, longest=longest)
        if not value:
            raise RefusedError(f"{name}: expected a text, got none.")
        return value

    def is_ticked(self, name: str) -> bool:
        """Whether a box was ticked."""
        return bool(self.text(name))

    def numbers(self, name: str, *, most: int = 500) -> list[int]:
        """All numbers of this name. Raises RefusedError for what is none, for none at all, and for too many."""
        values = list(self.fields.get(name, ()))
        if not 0 < len(values) <= most:
            raise RefusedError(f"{name}: expected 1 to {most} choices, got {len(values)}.")
        return [_number(name, value) for value in values]

    def listed(self, name: str) -> list[int]:
        """The numbers of one field, with commas between them. Raises RefusedError."""
        return [_number(name, value) for value in self.needed(name, longest=20_000).split(",")]


def _number(name: str, value: str) -> int:
    if not (value.isascii() and value.isdecimal() and len(value) < 20 and int(value) <= LARGEST):
        raise RefusedError(f"{name}: expected a number.")
    return int(value)


async def read_form(data: FormData) -> Form:
    """The content of a form; files without a name and content, as browsers send them for none, are left out."""
    fields: dict[str, list[str]] = {}
    files: list[Upload] = []
    for name, value in data.multi_items():
        if isinstance(value, UploadFile):
            content = await value.read()
            files += [Upload(value.filename or "picture", content)] if content or value.filename else []
        else:
            fields.setdefault(name, []).append(value)
    return Form(fields, files)
