"""The audit log of a history: who changed or saw what, and when."""

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from pipeline.history.database import Database
from recognizer.gallery.names import printable

MAX_CHARACTERS = 2000  # of each text; a hostile form must not fill the disk
COLUMNS = "id, made_at, by, action, target, details, undo, undoes, undone"


class AuditEntry(NamedTuple):
    """One thing that somebody did. made_at: Unix seconds.  by: who.  action: what, one word or two.

    target: whom or what it concerns.  undo: what the change replaced, as JSON; empty where it cannot be undone.
    undoes: the entry that this one takes back.  undone: whether this one was taken back.
    """

    id: int
    made_at: float
    by: str
    action: str
    target: str
    details: str
    undo: str
    undoes: int | None
    undone: bool


class AuditLog:
    """Writes and reads the table `audit`. clock: Unix seconds."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database, self._clock = database, clock

    def add(
        self, *, by: str, action: str, target: str, details: str = "", undo: str = "", undoes: int | None = None
    ) -> int:
        """Add an entry in the current transaction; returns its number. Raises like `Database`.

        Characters that cannot be printed become escapes; a text longer than MAX_CHARACTERS is cut. `undo` is kept as
        it is.
        """
        texts = (_shown(text) for text in (by, action, target, details))
        [(entry,)] = self._database.rows(
            "INSERT INTO audit (made_at, by, action, target, details, undo, undoes) VALUES (?, ?, ?, ?, ?, ?, ?)"
            " RETURNING id",
            (self._clock(), *texts, undo, undoes),
        )
        if undoes is not None:
            self._database.change("UPDATE audit SET undone = 1 WHERE id = ?", (undoes,))
        return int(entry)

    def entries(self, before: int | None = None, limit: int = 50) -> list[AuditEntry]:
        """The newest entries first. before: only those with a smaller number, for the next page."""
        if before is None:
            return self._entries("ORDER BY id DESC LIMIT ?", (limit,))
        return self._entries("WHERE id < ? ORDER BY id DESC LIMIT ?", (before, limit))

    def entry(self, number: int) -> AuditEntry | None:
        """One entry; None where there is none."""
        return next(iter(self._entries("WHERE id = ?", (number,))), None)

    def standing(self, ending: str, *, by: str | None = None) -> list[int]:
        """Numbers of the entries that can be taken back and whose details end so, the newest first. by: of one user."""
        rows = self._database.rows(
            "SELECT id, details, by FROM audit WHERE undone = 0 AND undo <> '' AND details LIKE ? ORDER BY id DESC",
            (f"%{ending}",),
        )
        return [int(number) for number, details, who in rows if details.endswith(ending) and by in (None, who)]

    def _entries(self, rest: str, values: Sequence[int]) -> list[AuditEntry]:
        rows = self._database.rows(f"SELECT {COLUMNS} FROM audit {rest}", tuple(values))
        return [AuditEntry(*row)._replace(undone=bool(row[-1])) for row in rows]


def _shown(text: str) -> str:
    return printable(text[:MAX_CHARACTERS])[:MAX_CHARACTERS]
