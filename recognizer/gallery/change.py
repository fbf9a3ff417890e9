"""What can change in a gallery. Each change has a number, one more than the last; no number is given twice."""

from enum import StrEnum
from typing import NamedTuple


class ChangeKind(StrEnum):
    """What was done. OTHER: to everybody at once, as `reembed` does."""

    ENROL = "enrol"
    RENAME = "rename"
    MERGE = "merge"
    SPLIT = "split"
    NEGATIVE = "negative"
    REMOVE = "remove"
    ERASE = "erase"
    OTHER = "other"


ERASURES = (ChangeKind.REMOVE, ChangeKind.ERASE)
"""After which bytes of somebody must be nowhere: of a picture, or of a person."""


class Change(NamedTuple):
    """One change. person: row of the person whose faces or negatives are others now; None for everybody.

    at: Unix seconds.
    """

    number: int
    kind: ChangeKind
    person: int | None
    at: float


class Recorded:
    """The changes of one transaction, each once, until they are written at its end."""

    def __init__(self) -> None:
        self._changes: dict[tuple[ChangeKind, int | None], None] = {}

    def add(self, kind: ChangeKind, person: int | None) -> None:
        """Note a change."""
        self._changes[kind, person] = None

    def take(self) -> list[tuple[ChangeKind, int | None]]:
        """All of them, in order, and forget them; where nothing was noted, anything may have changed."""
        taken = list(self._changes) or [(ChangeKind.OTHER, None)]
        self._changes.clear()
        return taken

    def clear(self) -> None:
        """Forget those of a transaction that was rolled back."""
        self._changes.clear()
