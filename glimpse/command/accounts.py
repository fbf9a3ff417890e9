"""`glimpse accounts …`: who may use the page."""

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cyclopts import App
from rich.cells import cell_len

from configs.extras import install_extra
from configs.read import ConfigurationError
from glimpse.command.counts import at_least
from glimpse.command.new_command import DONE, inner_commands, new_command, write_json
from pipeline.site.site_time import iso, parse

if TYPE_CHECKING:  # argon2-cffi is of the extra `room`
    from pipeline.web.security.accounts import Accounts
    from pipeline.web.security.audit import AccountsAudit

RoleWord = Literal["viewer", "operator", "admin"]
NAME_COLUMNS = 24
app: App = new_command(
    "accounts",
    "glimpse accounts add accounts.db ada --role admin",
    "glimpse accounts list accounts.db",
)


_command = inner_commands(app.command, "glimpse accounts")


@_command("add", "add accounts.db ada --role admin", "add accounts.db guest --role viewer --until 2027-01-01")
def add(file: Path, name: str, *, role: RoleWord, until: str | None = None) -> int:
    """Make an account. The password is asked for, or read as the first line of standard input.

    Parameters
    ----------
    file
        SQLite file of the accounts, web.accounts in the configuration; made where it is missing
    name
        name to log in with
    role
        viewer sees, operator also changes, admin also manages; the first account must be an admin
    until
        the account ends then, by this machine's clock: 2027-01-01 or 2027-01-01T18:00
    """
    from pipeline.web.security.roles import role_of

    ends_at = parse(until, "--until") if until else None
    password = _read_password(name)
    with _open(file, create=True) as (accounts, _):
        accounts.add(name, password, role_of(role), by=who(), until=ends_at)
    return DONE


@_command("list", "list accounts.db", "list accounts.db --json")
def list_accounts(file: Path, *, json: bool = False) -> int:
    """List the accounts with role and end.

    Parameters
    ----------
    file
        SQLite file of the accounts
    json
        print one JSON object a line
    """
    with _open(file) as (accounts, _):
        found = accounts.list()
    for account in found:
        until = iso(account.until) if account.until else None
        if json:
            write_json({"name": account.name, "role": account.role.word, "until": until, "made_at": account.made_at})
        else:
            say(f"{pad(account.name)} {account.role.word:9} {f'until {until}' if until else ''}")
    return DONE


@_command("password", "password accounts.db ada")
def password(file: Path, name: str) -> int:
    """Give an account another password, and end its sessions. It is asked for, or read from standard input.

    Parameters
    ----------
    file
        SQLite file of the accounts
    name
        name of the account
    """
    with _open(file) as (accounts, _):
        accounts.set_password(name, _read_password(name), by=who())
    return DONE


@_command("role", "role accounts.db ada operator")
def role(file: Path, name: str, new: RoleWord) -> int:
    """Give an account another role, and end its sessions.

    Parameters
    ----------
    file
        SQLite file of the accounts
    name
        name of the account
    new
        viewer, operator or admin
    """
    from pipeline.web.security.roles import role_of

    with _open(file) as (accounts, _):
        accounts.set_role(name, role_of(new), by=who())
    return DONE


@_command("remove", "remove accounts.db ada")
def remove(file: Path, name: str) -> int:
    """Remove an account and end its sessions. The last admin stays.

    Parameters
    ----------
    file
        SQLite file of the accounts
    name
        name of the account
    """
    with _open(file) as (accounts, _):
        accounts.remove(name, by=who())
    return DONE


@_command("log", "log accounts.db", "log accounts.db --limit 1000 --json")
def log(file: Path, *, limit: int = 50, json: bool = False) -> int:
    """List logins, failed logins, changes of accounts and refused requests, the newest first.

    Parameters
    ----------
    file
        SQLite file of the accounts
    limit
        entries to list
    json
        print one JSON object a line
    """
    at_least("--limit", limit)
    with _open(file) as (_, audit):
        entries = audit.entries(limit=limit)
    for entry in entries:
        if json:
            write_json(entry)
        else:
            when = iso(entry.made_at)
            details = " ".join(f"{key}={value}" for key, value in entry.details.items())
            say(f"{when} {entry.by or '-'}: {entry.action}: {entry.target} {details}")
    return DONE


@contextmanager
def _open(file: Path, *, create: bool = False) -> Iterator[tuple["Accounts", "AccountsAudit"]]:
    try:
        from pipeline.web.security.accounts import Accounts
    except ModuleNotFoundError as error:
        needed = install_extra("room")
        raise ConfigurationError(f"accounts need the package {error.name}: {needed}") from None
    from pipeline.web.security.accounts_file import AccountsFile
    from pipeline.web.security.audit import AccountsAudit

    with AccountsFile(file, create=create) as opened:
        yield Accounts(opened), AccountsAudit(opened)


def _read_password(name: str) -> str:
    """Never a flag: a command line can be read by every user of the machine."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    typed = getpass.getpass(f"Password for {name}: ")
    if getpass.getpass("The same again: ") != typed:
        raise ValueError("password: the two differ")
    return typed


def say(line: str) -> None:
    """Print a line for people."""
    sys.stdout.write(line.rstrip() + "\n")


def who() -> str:
    """By whom, in the audit log: this command, by the user of the machine."""
    try:
        return f"command line ({getpass.getuser()})"
    except (KeyError, OSError):  # a container without a name for its user
        return "command line"


def pad(name: str) -> str:
    """A name as wide as its column; wide letters take two."""
    return name + " " * (NAME_COLUMNS - cell_len(name))
