"""The page of `glimpse enroll --review`: the part about the person is emptied, and the name gives way elsewhere."""

import base64
import html
import re
from collections.abc import Iterator
from pathlib import Path

from pipeline.erase.overwrite import overwrite
from pipeline.erase.person import Person

_MARK = b'<meta name="generator" content="glimpse enroll">'
_PART = re.compile(rb"<section>\s*<h2>(?P<person>[^<]*)</h2>(?P<rest>.*?)</section>", re.DOTALL)
_PICTURE = re.compile(rb'src="data:image/jpeg;base64,(?P<data>(?:[A-Za-z0-9+/]{4})*[A-Za-z0-9+/=]{4})"')
_HEAD_BYTES = 4 << 10


class ReviewStore:
    """A page that shows what became of each picture of an enrolment."""

    kind = "review"

    def recognises(self, path: Path) -> bool:
        with path.open("rb") as file:
            return _MARK in file.read(_HEAD_BYTES)

    def people(self, path: Path) -> Iterator[str]:
        yield from (_name(part) for part in _PART.finditer(path.read_bytes()))

    def traces(self, path: Path, person: Person) -> Iterator[bytes]:
        for part in _parts(path.read_bytes(), person):
            yield from (base64.b64decode(picture["data"]) for picture in _PICTURE.finditer(part["rest"]))

    def records(self, path: Path, person: Person) -> Iterator[bytes]:
        return iter(())

    def erase(self, path: Path, person: Person) -> str:
        data = path.read_bytes()
        parts = overwrite(path, [part.span("rest") for part in _parts(data, person)], b" ")  # before the name over it
        names = overwrite(path, person.spans_of_lines(path.read_bytes()))
        return f"{parts} parts emptied, name overwritten in {names} places" if parts or names else ""


def _parts(page: bytes, person: Person) -> list[re.Match[bytes]]:
    return [part for part in _PART.finditer(page) if person.is_named(_name(part))]


def _name(part: re.Match[bytes]) -> str:
    return html.unescape(part["person"].decode("utf-8", "replace"))
