"""What every store of people can do; `stores.py` lists them all."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipeline.erase.person import Person


@dataclass(frozen=True)
class Outcome:
    """What became of one file, or of a database, which is named without its password.

    changed: what was erased, empty for nothing.  left: why something is left, or empty.
    """

    path: Path | str
    changed: str = ""
    left: str = ""


class IncompleteError(Exception):
    """Something could not be erased now; the message says why and what helps."""


class Store(Protocol):
    """One kind of file that holds people. It must be possible to erase twice, also after a kill at any moment."""

    kind: str

    def recognises(self, path: Path) -> bool:
        """Whether this file is of this kind, by its content."""
        ...

    def people(self, path: Path) -> Iterable[str]:
        """Names of people in it."""
        ...

    def traces(self, path: Path, person: Person) -> Iterable[bytes]:
        """Bytes that must be found nowhere afterwards: face vectors and pictures of this person."""
        ...

    def records(self, path: Path, person: Person) -> Iterable[bytes]:
        """What is written of this person beside those bytes, a JSON object each, without names of others."""
        ...

    def erase(self, path: Path, person: Person) -> str:
        """Erase, and say what was; empty for nothing. Raises IncompleteError, OSError or ValueError."""
        ...
