"""The accounts, sessions and audit log that the settings name, opened once for a page."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline.settings.rooms.web import WebSettings
from pipeline.web.security.accounts import Accounts
from pipeline.web.security.accounts_file import AccountsFile
from pipeline.web.security.audit import AccountsAudit
from pipeline.web.security.passwords import Passwords
from pipeline.web.security.sessions import Sessions


@dataclass(frozen=True)
class Users:
    """What the login needs, and pages about accounts and sessions."""

    file: AccountsFile
    accounts: Accounts
    sessions: Sessions
    audit: AccountsAudit

    def close(self) -> None:
        """Close the file."""
        self.file.close()


def open_users(
    settings: WebSettings, *, passwords: Passwords | None = None, clock: Callable[[], float] = time.time
) -> Users | None:
    """The accounts of the settings, None where there are none. Raises OSError, and ValueError with what to do."""
    if not settings.accounts:
        return None
    file = AccountsFile(Path(settings.accounts))
    accounts = Accounts(file, passwords, clock=clock)
    if not accounts.list():
        file.close()
        raise ValueError(f"accounts {settings.accounts}: nobody could log in; run `glimpse accounts add` first")
    idle_seconds, max_seconds = settings.session_idle_hours * 3600, settings.session_days * 86_400
    sessions = Sessions(file, idle_seconds=idle_seconds, max_seconds=max_seconds, clock=clock)
    return Users(file, accounts, sessions, AccountsAudit(file, clock=clock))
