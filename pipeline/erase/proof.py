"""Proves an erasure: searches every file for the name and for the bytes of the person's faces.

Names are sought as UTF-8, as JSON writes them (`\\u00e9`) and as pages do (`&#39;`). What a gallery holds is sought by
48 bytes out of its middle, as a database may have cut it; a report's picture is sought whole, as pictures of one place
have bytes in common. Both also in base64. Bytes that are all zero, as an interrupted erasure leaves a picture, are no
face and stand in every database. In binary files, a name of fewer than five bytes stands by chance, too: there
it counts only between bytes that are no letters. What gzip, bzip2 and xz made is unpacked and searched.
"""

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from pipeline.erase.compressed import unpack
from pipeline.erase.person import Person, both_forms

SLICE_BYTES = 48
MIN_BINARY_BYTES = 5
JPEG = b"\xff\xd8"
PIECE_BYTES = 16 << 20  # of a file that are searched at once
_LETTER = rb"[A-Za-z0-9_\x80-\xff]"


class Piece(NamedTuple):
    """A part of a file; what begins in `first` to `last` counts, the bytes around it are those of its neighbours."""

    data: bytes
    first: int
    last: int


class Proof:
    """What must not be found, ready to be sought in many files."""

    def __init__(self, person: Person, traces: Iterable[bytes]) -> None:
        """traces: face vectors and pictures, as they were stored."""
        forms = {form for name in both_forms(person.name) for form in _written(name)}
        self._others = {form for other in person.others for name in both_forms(other) for form in _written(name)}
        name = b"|".join(map(re.escape, sorted(forms, key=len, reverse=True)))
        self._name = re.compile(b"(?:%s)" % name)
        self._word = re.compile(b"(?<!%s)(?:%s)(?!%s)" % (_LETTER, name, _LETTER))
        self._is_long = min(map(len, forms)) >= MIN_BINARY_BYTES
        sought = (_slices(trace) for trace in traces if len(trace) >= SLICE_BYTES)
        self._slices = {piece for pieces in sought if pieces[0].strip(b"\0") for piece in pieces}
        self._margin = 1 + max(map(len, (*forms, *self._others, *self._slices)))

    @property
    def faces(self) -> int:
        """How many vectors and pictures are sought."""
        return len(self._slices) // 2

    def find(self, path: Path) -> Iterator[str]:
        """What of the person is still in a file: "the name", "a face". Raises OSError and IncompleteError."""
        with path.open("rb") as file:
            yield from self._find_in(_read_pieces(file, self._margin))
        unpacked = unpack(path)
        yield from (f"{found}, compressed" for found in self.find_in(unpacked))

    def find_in(self, data: bytes) -> list[str]:
        """The same in bytes at hand."""
        return self._find_in([Piece(data, 0, len(data))])

    def _find_in(self, pieces: Iterable[Piece]) -> list[str]:
        found, pattern = set(), None
        for piece in pieces:
            pattern = pattern or self._pattern(piece.data)
            matches = (match.span() for match in pattern.finditer(piece.data))
            if any(
                piece.first <= start < piece.last and not self._is_part(piece.data, start, end)
                for start, end in matches
            ):
                found.add("the name")
            if any(sought in piece.data for sought in self._slices):
                found.add("a face")
        return sorted(found, reverse=True)

    def _pattern(self, begin: bytes) -> re.Pattern[bytes]:
        """How the name is sought in a file that begins like this."""
        is_binary = b"\0" in begin[: 8 << 10]
        return self._name if is_binary and self._is_long else self._word

    def is_in_name_of(self, path: Path) -> bool:
        """Whether a file or folder is called like the person."""
        return self._word.search(str(path).encode("utf-8", "surrogateescape")) is not None

    def _is_part(self, data: bytes, first: int, last: int) -> bool:
        """Whether it stands within the name of somebody else."""
        for other in self._others:
            start = max(first - len(other), 0)
            at = data.find(other, start, last + len(other))
            if start <= at <= first and last <= at + len(other):
                return True
        return False


def _read_pieces(file: BinaryIO, margin: int) -> Iterator[Piece]:
    """A file piece by piece, each with so many bytes of its neighbours.

    It is not mapped into memory: that ends the process where the file is cut meanwhile, or has holes on a full disk.
    """
    before, here = b"", file.read(PIECE_BYTES)
    while here:
        after = file.read(PIECE_BYTES)
        yield Piece(before + here + after[:margin], len(before), len(before) + len(here))
        before, here = here[-margin:], after


def _written(name: str) -> set[bytes]:
    """A name as UTF-8, and escaped for JSON and for pages."""
    escaped = json.dumps(name)[1:-1]
    upper = re.sub(r"\\u[0-9a-f]{4}", lambda match: f"\\u{match[0][2:].upper()}", escaped)
    plain = json.dumps(name, ensure_ascii=False)[1:-1]
    page = html.escape(name).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")
    table = name.replace('"', '""')
    forms = (name, escaped, upper, plain, html.escape(name), page, table)
    return {text.encode("utf-8", "surrogateescape") for text in forms}


def _slices(trace: bytes) -> tuple[bytes, bytes]:
    encoded = base64.b64encode(trace)
    if trace.startswith(JPEG):
        return trace, encoded
    middle = (len(trace) - SLICE_BYTES) // 2
    half = (len(encoded) - SLICE_BYTES) // 2
    return trace[middle : middle + SLICE_BYTES], encoded[half : half + SLICE_BYTES]
