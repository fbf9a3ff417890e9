"""The audit log of accounts, logins and refused requests, in the file of the accounts."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from pipeline.web.security.accounts_file import AccountsFile

MAX_ENTRIES = 100_000
"""The oldest entries go: whoever guesses passwords must not fill the disk."""
TRIM_EVERY = 1000


class Audit(Protocol):
    """Takes one entry: who did what to whom. Details hold no password, token or session id."""

    def __call__(self, *, by: str, action: str, target: str, details: Mapping[str, str]) -> object: ...


@dataclass(frozen=True)
class AuditEntry:
    """One entry, made_at in seconds since 1970."""

    id: int
    made_at: float
    by: str
    action: str
    target: str
    details: dict[str, str]


class AccountsAudit:
    """The table `audit` of a file of accounts; an Audit."""

    def __init__(self, file: AccountsFile, *, clock: Callable[[], float] = time.time) -> None:
        self._file = file
        self._clock = clock

    def __call__(self, *, by: str, action: str, target: str, details: Mapping[str, str]) -> int:
        """Add an entry, within the transaction if there is one; returns its number."""
        rows = self._file.rows(
            "INSERT INTO audit (made_at, by, action, target, details) VALUES (?, ?, ?, ?, ?) RETURNING id",
            (self._clock(), by, action, target, msgspec.json.encode(dict(details)).decode()),
        )
        number = int(rows[0][0])
        if number % TRIM_EVERY == 0:
            self._file.change("DELETE FROM audit WHERE id <= ?", (number - MAX_ENTRIES,))
        return number

    def entries(self, *, before: int | None = None, limit: int = 100) -> list[AuditEntry]:
        """The newest entries, or those before an entry; the newest first."""
        rows = self._file.rows(
            "SELECT id, made_at, by, action, target, details FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?",
            (before if before is not None else 2**62, limit),
        )
        return [_entry(row) for row in rows]


def _entry(row: tuple[Any, ...]) -> AuditEntry:
    number, made_at, by, action, target, details = row
    return AuditEntry(number, made_at, by, action, target, msgspec.json.decode(details))
