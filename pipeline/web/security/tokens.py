"""Tokens of programs that ask the page: made, listed, removed and checked. The file holds only their hashes."""

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pipeline.web.security.accounts import account_key, check_name
from pipeline.web.security.accounts_file import AccountsFile
from pipeline.web.security.audit import AccountsAudit
from pipeline.web.security.roles import Role, User

MARK = "glimpse"
PREFIX_BYTES, SECRET_BYTES = 6, 32
RENEW_SECONDS = 60.0
"""How exactly the last use is stored: not every request writes to the disk."""
OWNER = "token:"
"""Before the name of a token where users are named; no account has a colon in its name."""
_COLUMNS = "SELECT id, name, role, prefix, made_at, until, used_at, digest FROM tokens"


@dataclass(frozen=True)
class Token:
    """One token. prefix: its visible part, which finds it.  Times in seconds since 1970; until None: without an end."""

    id: int
    name: str
    role: Role
    prefix: str
    made_at: float
    until: float | None
    used_at: float | None

    @property
    def user(self) -> User:
        """Who makes requests with it."""
        return User(OWNER + self.name, self.role)


class Tokens:
    """The tokens of one file of accounts. All methods may be called from any thread. clock: Unix seconds."""

    def __init__(self, file: AccountsFile, *, clock: Callable[[], float] = time.time) -> None:
        self._file = file
        self._audit = AccountsAudit(file, clock=clock)
        self._clock = clock

    def add(self, name: str, role: Role, *, by: str, until: float | None = None) -> str:
        """Make a token and return it: nobody can read it later. Raises ValueError for a name that cannot be used."""
        check_name(name, kind="token")
        now, prefix = self._clock(), secrets.token_hex(PREFIX_BYTES)
        if until is not None and until <= now:
            raise ValueError("until: expected a time to come")
        token = f"{MARK}_{prefix}_{secrets.token_urlsafe(SECRET_BYTES)}"
        with self._file.writing():
            if self._file.rows("SELECT 1 FROM tokens WHERE key = ?", (account_key(name),)):
                raise ValueError(f"token {name}: there is one of this name already")
            self._file.change(
                "INSERT INTO tokens (key, name, role, prefix, digest, made_at, until) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (account_key(name), name, int(role), prefix, _digest(token), now, until),
            )
            self._audit(by=by, action="token added", target=name, details={"role": role.word, "prefix": prefix})
        return token

    def list(self) -> list[Token]:
        """All tokens, by name."""
        return [_token(row) for row in self._file.rows(f"{_COLUMNS} ORDER BY key")]

    def remove(self, name: str, *, by: str) -> None:
        """End a token at once: the next request with it is refused, and its streams end. Raises ValueError."""
        with self._file.writing():
            if not self._file.change("DELETE FROM tokens WHERE key = ?", (account_key(name),)):
                raise ValueError(f"token {name}: there is no such token")
            self._audit(by=by, action="token removed", target=name, details={})

    def user_of(self, text: str) -> User | None:
        """The user of a token that is known and whose time has not passed."""
        mark, _, rest = text.partition("_")
        rows = self._file.rows(f"{_COLUMNS} WHERE prefix = ?", (rest.partition("_")[0],)) if mark == MARK else []
        if not rows or not secrets.compare_digest(rows[0][-1], _digest(text)):
            return None
        token, now = _token(rows[0]), self._clock()
        if token.until is not None and now >= token.until:
            return None
        if token.used_at is None or now - token.used_at >= RENEW_SECONDS:
            self._file.change("UPDATE tokens SET used_at = ? WHERE id = ?", (now, token.id))
        return token.user


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()


def _token(row: tuple[Any, ...]) -> Token:
    number, name, role, prefix, made_at, until, used_at, _ = row
    return Token(number, name, Role(role), prefix, made_at, until, used_at)
