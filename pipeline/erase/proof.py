"""Proves an erasure: searches every file for the name and for the bytes of the person's faces.

Names are sought as UTF-8, as JSON writes them (`\\u00e9`) and as pages do (`&#39;`). What a gallery holds is sought by
48 bytes out of its middle, as a database may have cut it; a report's picture is sought whole, as pictures of one place
have bytes in common. Both also in base64. In binary files, a name of fewer than five bytes stands by chance, too: there
it counts only between bytes that are no letters. What gzip, bzip2 and xz made is unpacked and searched.
"""

import base64
import html
import json
import mmap
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipeline.erase.compressed import unpack
from pipeline.erase.person import Person, both_forms

SLICE_BYTES = 48
MIN_BINARY_BYTES = 5
JPEG = b"\xff\xd8"
_LETTER = rb"[A-Za-z0-9_\x80-\xff]"


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
        self._slices = {piece for trace in traces if len(trace) >= SLICE_BYTES for piece in _slices(trace)}

    @property
    def faces(self) -> int:
        """How many vectors and pictures are sought."""
        return len(self._slices) // 2

    def find(self, path: Path) -> Iterator[str]:
        """What of the person is still in a file: "the name", "a face". Raises OSError and IncompleteError."""
        if not path.stat().st_size:
            return
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield from self._find_in(data)
        yield from (f"{found}, compressed" for found in self._find_in(unpack(path)))

    def _find_in(self, data: mmap.mmap | bytes) -> Iterator[str]:
        if data:
            is_binary = data[: 8 << 10].find(b"\0") >= 0
            pattern = self._name if is_binary and self._is_long else self._word
            if any(not self._is_part(data, match.start(), match.end()) for match in pattern.finditer(data)):
                yield "the name"
            if any(data.find(piece) >= 0 for piece in self._slices):
                yield "a face"

    def is_in_name_of(self, path: Path) -> bool:
        """Whether a file or folder is called like the person."""
        return self._word.search(str(path).encode("utf-8", "surrogateescape")) is not None

    def _is_part(self, data: mmap.mmap | bytes, first: int, last: int) -> bool:
        """Whether it stands within the name of somebody else."""
        for other in self._others:
            start = max(first - len(other), 0)
            at = data.find(other, start, last + len(other))
            if start <= at <= first and last <= at + len(other):
                return True
        return False


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
