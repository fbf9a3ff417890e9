"""A store in PostgreSQL, such as a history of several nodes: checks, makes and changes it."""

import itertools

from configs.postgres.store import BUSY_SECONDS, PostgresStore, translated
from pipeline.history.sqlite_database import KIND
from pipeline.secrets.redact import redact
from pipeline.store_file import StoreKind

_TABLES = (
    "SELECT relname FROM pg_catalog.pg_class"
    " WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v')"
)


class PostgresDatabase(PostgresStore):
    """An open connection to a history; of one thread. See `open_database`; raises ValueError without psycopg.

    kind: of another store than a history.
    """

    is_shared = True

    def __init__(self, address: str, *, create: bool = False, kind: StoreKind = KIND) -> None:
        super().__init__(address, kind.noun, lock=kind.application_id, hide=redact)
        self._kind, self._label, self._marker = kind, f"{kind.noun} {self.name}", f"glimpse_{kind.noun}"
        try:
            self._prepare(create=create)
        except BaseException:
            self.close()
            raise

    def give_back(self, pages: int) -> bool:
        """Nothing: PostgreSQL's autovacuum does it."""
        return False

    def scrub(self) -> None:
        for table in self._tables():
            self.change(f'VACUUM (FULL) "{table}"')

    def _prepare(self, *, create: bool) -> None:
        self.change(f"SET lock_timeout = '{BUSY_SECONDS}s'")
        if create:
            with self.writing():
                self._check(may_be_empty=True)
                self._migrate()
            return
        self._check(may_be_empty=False)
        self.change("SET default_transaction_read_only = on")

    def _tables(self) -> list[str]:
        return sorted(str(table) for (table,) in self.rows(_TABLES))

    def _version(self) -> int:
        """0 for an empty database."""
        return int(self.rows(f"SELECT version FROM {self._marker}")[0][0]) if self._tables() else 0

    def _check(self, *, may_be_empty: bool) -> None:
        tables = self._tables()
        if not tables and not may_be_empty:
            raise FileNotFoundError(f"{self._label}: nothing is there yet; {self._kind.made_by} makes it")
        if tables and self._marker not in tables:
            raise ValueError(f"{self._label}: expected {self._kind.content} or an empty database, got another one")
        version = self._version()
        if version > self._kind.version:
            raise ValueError(
                f"{self._label}: expected schema {self._kind.version} or less, got {version}; update Glimpse:"
                " a newer one wrote this"
            )
        if version < self._kind.version and not may_be_empty:
            raise ValueError(
                f"{self._label}: expected schema {self._kind.version}, got {version}; {self._kind.made_by} updates it"
            )

    def _migrate(self) -> None:
        version = self._version()
        if not version:
            self.change(f"CREATE TABLE {self._marker} (version BIGINT NOT NULL)")
            self.change(f"INSERT INTO {self._marker} VALUES (0)")
        for statement in itertools.chain.from_iterable(self._kind.migrations[version:]):
            self.change(translated(statement))
        self.change(f"UPDATE {self._marker} SET version = ?", (self._kind.version,))
