"""`glimpse tokens …`: which programs may ask the page."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import App

from configs.extras import install_extra
from configs.read import ConfigurationError
from glimpse.command.accounts import RoleWord, pad, say, who
from glimpse.command.counts import nothing_found
from glimpse.command.new_command import DONE, inner_commands, new_command, write_json
from pipeline.site.site_time import iso

if TYPE_CHECKING:  # argon2-cffi is of the extra `room`
    from pipeline.web.security.tokens import Tokens

DAY_SECONDS = 86_400.0
app: App = new_command(
    "tokens",
    "glimpse tokens add accounts.db home-assistant --role viewer --days 365",
    "glimpse tokens list accounts.db",
)


_command = inner_commands(app.command, "glimpse tokens")


@_command("add", "add accounts.db home-assistant --role viewer", "add accounts.db door --role operator --days 30")
def add(file: Path, name: str, *, role: RoleWord, days: float = 0.0) -> int:
    """Make a token and print it, once: only its hash is kept. A program sends it as `Authorization: Bearer TOKEN`.

    Parameters
    ----------
    file
        SQLite file of the accounts, web.accounts in the configuration
    name
        name of the program, in lists and in the audit log
    role
        viewer sees, operator also changes, admin also manages
    days
        the token ends after so many days; 0: it has no end
    """
    from pipeline.web.security.roles import role_of

    if not 0 <= days <= 36_500:
        raise ValueError(f"--days: expected 0 to 36500, got {days:g}")
    with _open(file) as tokens:
        until = time.time() + days * DAY_SECONDS if days else None
        token = tokens.add(name, role_of(role), by=who(), until=until)
    say(token)
    return DONE


@_command("list", "list accounts.db", "list accounts.db --json")
def list_tokens(file: Path, *, json: bool = False) -> int:
    """List the tokens with role, end and last use; of each, only the begin that finds it.

    Parameters
    ----------
    file
        SQLite file of the accounts
    json
        print one JSON object a line
    """
    with _open(file) as tokens:
        found = tokens.list()
    for token in found:
        until, used_at = _moment(token.until), _moment(token.used_at)
        if json:
            content = {"name": token.name, "role": token.role.word, "prefix": token.prefix, "made_at": token.made_at}
            write_json(content | {"until": until, "used_at": used_at})
        else:
            end = f"until {until}" if until else "no end"
            say(f"{pad(token.name)} {token.role.word:9} {token.prefix}  {end}  used {used_at or 'never'}")
    if not found:
        nothing_found(f"{file}: no token yet; glimpse tokens add makes one")
    return DONE


@_command("remove", "remove accounts.db home-assistant")
def remove(file: Path, name: str) -> int:
    """Remove a token: its next request is refused, and its streams end.

    Parameters
    ----------
    file
        SQLite file of the accounts
    name
        name of the token
    """
    with _open(file) as tokens:
        tokens.remove(name, by=who())
    return DONE


@contextmanager
def _open(file: Path) -> Iterator["Tokens"]:
    try:
        from pipeline.web.security.tokens import Tokens
    except ModuleNotFoundError as error:
        needed = install_extra("room")
        raise ConfigurationError(f"tokens need the package {error.name}: {needed}") from None
    from pipeline.web.security.accounts_file import AccountsFile

    with AccountsFile(file) as opened:
        yield Tokens(opened)


def _moment(seconds: float | None) -> str | None:
    return iso(seconds) if seconds else None
