"""Sessions of logged-in browsers: random ids, of which only the hash is stored."""

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pipeline.web.security.accounts import Account
from pipeline.web.security.accounts_file import AccountsFile
from pipeline.web.security.roles import Role, User

ID_BYTES = 32
MAX_PER_ACCOUNT = 50
"""One more ends the one that was used longest ago."""
RENEW_SECONDS = 60.0
"""How exactly the last use is stored: not every request writes to the disk."""
_COLUMNS = (
    "SELECT s.id, a.name, a.role, s.made_at, s.seen_at, s.address, s.agent, a.until"
    " FROM sessions s JOIN accounts a ON a.id = s.account"
)


@dataclass(frozen=True)
class Session:
    """One session. address, agent: of the browser that logged in.  Times in seconds since 1970."""

    id: int
    account: str
    role: Role
    made_at: float
    seen_at: float
    address: str
    agent: str
    until: float | None

    @property
    def user(self) -> User:
        """Whose session it is, with the role of this moment."""
        return User(self.account, self.role)


class Sessions:
    """The sessions of one file of accounts. All methods may be called from any thread.

    idle_seconds: a session that is not used for so long is over.  max_seconds: any is over after this time.
    """

    def __init__(
        self,
        file: AccountsFile,
        *,
        idle_seconds: float,
        max_seconds: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._file = file
        self._idle_seconds = idle_seconds
        self._max_seconds = max_seconds
        self._clock = clock

    def start(self, account: Account, *, address: str, agent: str) -> str | None:
        """Begin a session and return its id for the cookie; None if the account was changed since its login."""
        session_id, now = secrets.token_urlsafe(ID_BYTES), self._clock()
        with self._file.writing():
            same = self._file.rows(
                "SELECT 1 FROM accounts WHERE id = ? AND password = ?", (account.id, account.password)
            )
            if not same:
                return None
            self._make_room(account, now)
            self._file.change(
                "INSERT INTO sessions (key, account, made_at, seen_at, address, agent) VALUES (?, ?, ?, ?, ?, ?)",
                (_key(session_id), account.id, now, now, address, agent[:200]),
            )
        return session_id

    def find(self, session_id: str, *, renew: bool = True) -> Session | None:
        """The session of an id that is not over; renew: this counts as a use of it."""
        rows = self._file.rows(f"{_COLUMNS} WHERE s.key = ?", (_key(session_id),))
        session, now = (_session(rows[0]) if rows else None), self._clock()
        if session is None or self._is_over(session, now):
            return None
        if renew and now - session.seen_at >= RENEW_SECONDS:
            self._file.change("UPDATE sessions SET seen_at = ? WHERE id = ?", (now, session.id))
        return session

    def end(self, session_id: str) -> None:
        """End the session of an id, if there is one."""
        self._file.change("DELETE FROM sessions WHERE key = ?", (_key(session_id),))

    def of_account(self, name: str) -> list[Session]:
        """The sessions of an account that are not over, the one used last first."""
        rows = self._file.rows(f"{_COLUMNS} WHERE a.name = ? ORDER BY s.seen_at DESC, s.id DESC", (name,))
        now = self._clock()
        return [session for session in map(_session, rows) if not self._is_over(session, now)]

    def end_others(self, kept: Session) -> int:
        """End all sessions of an account but one; returns how many ended."""
        return self._file.change(
            "DELETE FROM sessions WHERE id != ? AND account = (SELECT account FROM sessions WHERE id = ?)",
            (kept.id, kept.id),
        )

    def _make_room(self, account: Account, now: float) -> None:
        self._file.change(
            "DELETE FROM sessions WHERE seen_at <= ? OR made_at <= ?",
            (now - self._idle_seconds, now - self._max_seconds),
        )
        self._file.change(
            "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE account = ?"
            " ORDER BY seen_at DESC, id DESC LIMIT -1 OFFSET ?)",
            (account.id, MAX_PER_ACCOUNT - 1),
        )

    def _is_over(self, session: Session, now: float) -> bool:
        idle, age = now - session.seen_at, now - session.made_at
        ended = session.until is not None and now >= session.until
        return ended or idle >= self._idle_seconds or age >= self._max_seconds


def _key(session_id: str) -> bytes:
    return hashlib.sha256(session_id.encode("utf-8", "replace")).digest()


def _session(row: tuple[Any, ...]) -> Session:
    number, name, role, *rest = row
    return Session(number, name, Role(role), *rest)
