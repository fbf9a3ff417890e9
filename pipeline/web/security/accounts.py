"""Accounts of the page: made, changed and removed, and passwords checked.

Each change is one transaction with its entry in the audit log, and ends the sessions that it concerns.
"""

import re
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from pipeline.web.security.accounts_file import AccountsFile
from pipeline.web.security.audit import AccountsAudit
from pipeline.web.security.passwords import Passwords, check_new_password
from pipeline.web.security.roles import LOCAL_USER, Role

_NAME = re.compile(r"\w[\w.@-]{0,63}")
_COLUMNS = "SELECT id, name, role, made_at, until, password FROM accounts"


@dataclass(frozen=True)
class Account:
    """One account. until: when it ends, seconds since 1970, or None.  password: its hash."""

    id: int
    name: str
    role: Role
    made_at: float
    until: float | None
    password: str

    def is_over(self, now: float) -> bool:
        """Whether its time has passed."""
        return self.until is not None and now >= self.until


class Accounts:
    """The accounts of one file. All methods may be called from any thread."""

    def __init__(
        self, file: AccountsFile, passwords: Passwords | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._file = file
        self._passwords = passwords or Passwords()
        self._audit = AccountsAudit(file, clock=clock)
        self._clock = clock

    def list(self) -> list[Account]:
        """All accounts, by name."""
        return [_account(row) for row in self._file.rows(f"{_COLUMNS} ORDER BY key")]

    def find(self, name: str) -> Account | None:
        """The account of a name, None where there is none."""
        rows = self._file.rows(f"{_COLUMNS} WHERE key = ?", (account_key(name),))
        return _account(rows[0]) if rows else None

    def add(self, name: str, password: str, role: Role, *, by: str, until: float | None = None) -> None:
        """Make an account. Raises ValueError for a name or password that cannot be used, and a first one that is no
        admin for good."""
        _check_name(name)
        check_new_password(name, password)
        stored, now = self._passwords.make_hash(password), self._clock()
        if until is not None and until <= now:
            raise ValueError("until: expected a time to come")
        with self._file.writing():
            if self.find(name):
                raise ValueError(f"account {name}: there is one of this name already")
            self._file.change(
                "INSERT INTO accounts (key, name, role, password, made_at, until) VALUES (?, ?, ?, ?, ?, ?)",
                (account_key(name), _normalise(name), int(role), stored, now, until),
            )
            self._require_admin("the first account must be an admin's, without an end")
            self._audit(by=by, action="account added", target=_normalise(name), details={"role": role.word})

    def set_password(self, name: str, password: str, *, by: str) -> None:
        """Give an account another password, and end its sessions. Raises ValueError."""
        check_new_password(name, password)
        stored = self._passwords.make_hash(password)
        with self._file.writing():
            account = self._expect(name)
            self._file.change("UPDATE accounts SET password = ? WHERE id = ?", (stored, account.id))
            self._end_sessions(account)
            self._audit(by=by, action="password changed", target=account.name, details={})

    def set_role(self, name: str, role: Role, *, by: str) -> None:
        """Give an account another role, and end its sessions. Raises ValueError, also for the last admin."""
        with self._file.writing():
            account = self._expect(name)
            self._file.change("UPDATE accounts SET role = ? WHERE id = ?", (int(role), account.id))
            self._require_admin(f"account {account.name}: the last admin without an end stays an admin")
            self._end_sessions(account)
            details = {"from": account.role.word, "to": role.word}
            self._audit(by=by, action="role changed", target=account.name, details=details)

    def remove(self, name: str, *, by: str) -> None:
        """Remove an account and end its sessions. Raises ValueError, also for the last admin."""
        with self._file.writing():
            account = self._expect(name)
            self._file.change("DELETE FROM accounts WHERE id = ?", (account.id,))
            self._require_admin(f"account {account.name}: the last admin without an end cannot be removed")
            self._end_sessions(account)
            self._audit(by=by, action="account removed", target=account.name, details={})

    def check_password(self, name: str, password: str) -> Account | None:
        """The account, if the password is right and its time has not passed. Takes as long for a name without one.

        A hash of older parameters is made anew.
        """
        account = self.find(name)
        right = self._passwords.is_right(account.password if account else None, password)
        if not right or account is None or account.is_over(self._clock()):
            return None
        return self._renew_hash(account, password) if self._passwords.is_outdated(account.password) else account

    def _renew_hash(self, account: Account, password: str) -> Account | None:
        stored = self._passwords.make_hash(password)
        self._file.change(
            "UPDATE accounts SET password = ? WHERE id = ? AND password = ?", (stored, account.id, account.password)
        )
        found = self.find(account.name)
        return found if found and found.password == stored else None  # it was changed meanwhile

    def _expect(self, name: str) -> Account:
        account = self.find(name)
        if account is None:
            raise ValueError(f"account {name}: there is no such account")
        return account

    def _require_admin(self, otherwise: str) -> None:
        if not self._file.rows("SELECT 1 FROM accounts WHERE role = ? AND until IS NULL", (int(Role.ADMIN),)):
            raise ValueError(otherwise)

    def _end_sessions(self, account: Account) -> None:
        self._file.change("DELETE FROM sessions WHERE account = ?", (account.id,))


def account_key(name: str) -> str:
    """The name as it is compared: without case."""
    return _normalise(name).casefold()


def _normalise(name: str) -> str:
    return unicodedata.normalize("NFKC", name[:256]).encode("utf-8", "replace").decode()


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(_normalise(name)) or account_key(name) == LOCAL_USER.name:
        raise ValueError(
            f"account {name!r}: expected 1 to 64 letters, digits, '.', '_', '-' or '@', and not {LOCAL_USER.name!r}"
        )


def _account(row: tuple[int, str, int, float, float | None, str]) -> Account:
    number, name, role, made_at, until, password = row
    return Account(number, name, Role(role), made_at, until, password)
