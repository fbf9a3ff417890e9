"""A history in PostgreSQL, for several nodes: checks, makes and changes it."""

import itertools

from configs.postgres.store import BUSY_SECONDS, PostgresStore, translated
from pipeline.history.schema import APPLICATION_ID, MIGRATIONS, VERSION
from pipeline.secrets.redact import redact

_TABLES = (
    "SELECT relname FROM pg_catalog.pg_class"
    " WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v')"
)


class PostgresDatabase(PostgresStore):
    """An open connection to a history; of one thread. See `open_database`; raises ValueError without psycopg."""

    is_shared = True

    def __init__(self, address: str, *, create: bool = False) -> None:
        super().__init__(address, "history", lock=APPLICATION_ID, hide=redact)
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
        return int(self.rows("SELECT version FROM glimpse_history")[0][0]) if self._tables() else 0

    def _check(self, *, may_be_empty: bool) -> None:
        tables = self._tables()
        if not tables and not may_be_empty:
            raise FileNotFoundError(f"history {self.name}: nothing is there yet; glimpse history record makes it")
        if tables and "glimpse_history" not in tables:
            raise ValueError(f"history {self.name}: expected a Glimpse history or an empty database, got another one")
        version = self._version()
        if version > VERSION:
            raise ValueError(f"history {self.name}: expected schema {VERSION} or less, got {version}; update Glimpse")
        if version < VERSION and not may_be_empty:
            raise ValueError(
                f"history {self.name}: expected schema {VERSION}, got {version}; glimpse history record updates it"
            )

    def _migrate(self) -> None:
        version = self._version()
        if not version:
            self.change("CREATE TABLE glimpse_history (version BIGINT NOT NULL)")
            self.change("INSERT INTO glimpse_history VALUES (0)")
        for statement in itertools.chain.from_iterable(MIGRATIONS[version:VERSION]):
            self.change(translated(statement))
        self.change("UPDATE glimpse_history SET version = ?", (VERSION,))
