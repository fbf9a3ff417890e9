"""The SQLite file of accounts, sessions and their audit log.

The page and `glimpse accounts` use it at the same time. One object may be used from several threads.
"""

from pathlib import Path

from pipeline.store_file import StoreFile, StoreKind

APPLICATION_ID = 0x476C6163  # "Glac": marks the SQLite file as accounts
# The statements that lead from each version to the next. Never change one that was released: add another.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        # key: the name as it is compared.  password: an argon2 hash.  until: when the account ends, or NULL.
        """CREATE TABLE accounts (
            id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, name TEXT NOT NULL, role INTEGER NOT NULL,
            password TEXT NOT NULL, made_at REAL NOT NULL, until REAL
        )""",
        # key: SHA-256 of the id that the cookie holds.
        """CREATE TABLE sessions (
            id INTEGER PRIMARY KEY AUTOINCREMENT, key BLOB NOT NULL UNIQUE, account INTEGER NOT NULL,
            made_at REAL NOT NULL, seen_at REAL NOT NULL, address TEXT NOT NULL, agent TEXT NOT NULL
        )""",
        "CREATE INDEX sessions_by_account ON sessions (account, seen_at)",
        """CREATE TABLE audit (
            id INTEGER PRIMARY KEY AUTOINCREMENT, made_at REAL NOT NULL, by TEXT NOT NULL, action TEXT NOT NULL,
            target TEXT NOT NULL, details TEXT NOT NULL
        )""",
    ),
    (
        # key: the name as it is compared.  digest: SHA-256 of the token.  prefix: the part of it that finds it.
        """CREATE TABLE tokens (
            id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, name TEXT NOT NULL, role INTEGER NOT NULL,
            prefix TEXT NOT NULL UNIQUE, digest BLOB NOT NULL, made_at REAL NOT NULL, until REAL, used_at REAL
        )""",
    ),
)
KIND = StoreKind("accounts", "accounts of Glimpse", "`glimpse accounts add`", APPLICATION_ID, MIGRATIONS)


class AccountsFile(StoreFile):
    """The open file. create: make it where it is missing. Raises like `StoreFile`."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        super().__init__(path, KIND, "create" if create else "change")
