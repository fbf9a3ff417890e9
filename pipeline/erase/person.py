"""The person to erase: how their name is found in a text, and what must not be found anywhere afterwards."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from pipeline.secrets.escapes import decodings

Span = tuple[int, int]


@dataclass(frozen=True)
class Person:
    """name: as the gallery writes it (NFC).  others: names of other people, in which this name may be a part."""

    name: str
    others: frozenset[str] = frozenset()
    _pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        forms = {
            form for name in both_forms(self.name) for form in (name, name.replace('"', '""'))
        }  # CSV doubles quotes
        rule = rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(forms)))})(?!\w)"
        object.__setattr__(self, "_pattern", re.compile(rule))

    def knowing(self, others: Iterable[str]) -> "Person":
        """The same person beside these others; those whose name does not contain this one are left out."""
        composed = ((name, unicodedata.normalize("NFC", name)) for name in others)
        longer = {name for name, whole in composed if self.name in whole and whole != self.name}
        return replace(self, others=self.others | longer)

    def is_named(self, text: object) -> bool:
        """Whether a value of an event or a table is exactly this name."""
        return isinstance(text, str) and unicodedata.normalize("NFC", text) == self.name

    def spans(self, text: str) -> list[Span]:
        """Where in `text` the name stands as a whole word, in any escape, and not as a part of another person's name.

        Pairs of first and last position, the last exclusive, in order.
        """
        found = set()
        for decoded, places in decodings(text):
            taken = [match.span() for other in self.others for match in re.finditer(re.escape(other), decoded)]
            for match in self._pattern.finditer(decoded):
                first, last = match.span()
                if _goes_on(decoded, last):
                    continue
                if not any(start <= first and last <= end for start, end in taken):
                    found.add((places[first], places[last]) if places else (first, last))
        return sorted(found)

    def spans_of_lines(self, data: bytes) -> Iterator[Span]:
        """The same in the bytes of a text file, line by line; positions count bytes."""
        start = 0
        for line in data.splitlines(keepends=True):
            yield from ((start + first, start + last) for first, last in byte_spans(line, self.spans(_text(line))))
            start += len(line)


def _goes_on(text: str, end: int) -> bool:
    """Whether the letter before `end` has a mark behind it, and so is another letter: Zoe and diaeresis is Zoë."""
    return end < len(text) and unicodedata.category(text[end]).startswith("M")


def both_forms(name: str) -> set[str]:
    """A name with its accents composed and decomposed: file systems and keyboards differ in that."""
    return {unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name)}


def byte_spans(data: bytes, spans: Iterable[Span]) -> Iterator[Span]:
    """Positions of characters as positions of bytes, in UTF-8 that may hold broken characters."""
    text = _text(data)
    for first, last in spans:
        start = len(_bytes(text[:first]))
        yield start, start + len(_bytes(text[first:last]))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
