"""Which names people may have, and when two names cannot be told apart by a reader."""

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

MAX_NAME_LENGTH = 200

REFUSED_CATEGORIES = {
    "Cc": "a control character",
    "Cf": "an invisible character",  # zero-width and bidirectional ones
    "Cs": "bytes that are not UTF-8",  # how Python reads such a file name
    "Zl": "a line separator",
    "Zp": "a paragraph separator",
}
INVISIBLE = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2065\u2800\u3164\uffa0\U00016fe4\U0001d159"
)
"""Letters and marks without a picture: Default_Ignorable_Code_Point of Unicode outside of Cf, the empty Braille, the
empty note, and the filler of Khitan."""
INVISIBLE_RANGES = (("\ufe00", "\ufe0f"), ("\ufff0", "\ufff8"), ("\U000e0000", "\U000e0fff"))
"""Blocks that Unicode sets aside for characters without a picture, also those that it does not define yet."""


RESERVED = frozenset({"ambiguous", "candidate", "nobody", "stranger", "strangers", "unknown", "***"})
"""What events, tables of truth, the API and disclosures call somebody without a name, as `name_key` gives it."""
_UNKNOWN_PERSON = re.compile(r"unknown[- _]?\d+")


def normalise_name(name: str) -> str:
    """A name in Unicode NFC, without spaces around it: macOS may write folder names in NFD, keyboards type NFC."""
    return unicodedata.normalize("NFC", name).strip()


def clean_name(name: str) -> str:
    """Normalise the name of a person to be enrolled.

    Raises ValueError for a name that is empty, too long, or holds a character that a reader cannot see.
    """
    name = normalise_name(name)
    if fault := fault_of_name(name):
        raise ValueError(f"person {printable(name[:MAX_NAME_LENGTH])!r}: {fault}")
    return name


def refuse_reserved(name: str) -> None:
    """Raise ValueError for a new name that means nobody elsewhere. Those that galleries hold already go on working."""
    key = name_key(name)
    if key in RESERVED or _UNKNOWN_PERSON.fullmatch(key):
        raise ValueError(
            f"person {printable(name[:MAX_NAME_LENGTH])!r}: expected a person's own name; events, tables and pages call"
            " somebody so who is not known"
        )


def fault_of_name(name: str) -> str:
    """Why a normalised name is refused; empty for nothing."""
    if not name or len(name) > MAX_NAME_LENGTH:
        return f"expected a name of 1 to {MAX_NAME_LENGTH} characters, got {len(name)}"
    if name.isascii() and name.isprintable():  # quick: a gallery may hold tens of thousands
        return ""
    for character in name:
        if fault := _fault(character):
            return f"expected printable characters, got {fault} (U+{ord(character):04X})"
    return ""


@lru_cache(1 << 16)
def name_key(name: str) -> str:
    """What two names share that differ only by case, width, invisible characters or the kind and number of spaces."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join("".join(character for character in folded if not _is_invisible(character)).split())


def find_lookalike(name: str, others: Iterable[str]) -> str | None:
    """Another name that a reader takes for this one; None if there is none."""
    key = name_key(name)
    return next((other for other in others if other != name and name_key(other) == key), None)


def nearest_name(name: str, others: Iterable[str]) -> str | None:
    """The name that was perhaps meant; None where none is near."""
    by_key = {name_key(other): other for other in others}
    near = get_close_matches(name_key(name[:MAX_NAME_LENGTH]), by_key, n=1)
    return by_key[near[0]] if near else None


class EnrolledNames:
    """Names among which look-alikes are sought, each by one look into a table."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names: dict[str, dict[str, None]] = {}
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        """Seek among this one too."""
        self._names.setdefault(name_key(name), {})[name] = None

    def __contains__(self, name: str) -> bool:
        return name in self._names.get(name_key(name), ())

    def like(self, name: str) -> list[str]:
        """Those that a reader takes for this one, itself included."""
        return list(self._names.get(name_key(name), ()))


def printable(text: str) -> str:
    """The text with what a terminal or a file cannot show written as an escape, such as `\\udcff` or `\\x1b`."""
    return "".join(ascii(character)[1:-1] if _fault(character) else character for character in text)


def _fault(character: str) -> str:
    if _is_invisible(character):
        return "an invisible character"
    return REFUSED_CATEGORIES.get(unicodedata.category(character), "")


def _is_invisible(character: str) -> bool:
    is_reserved = any(first <= character <= last for first, last in INVISIBLE_RANGES)
    return character in INVISIBLE or is_reserved or unicodedata.category(character) == "Cf"
