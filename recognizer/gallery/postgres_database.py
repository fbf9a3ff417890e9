"""A gallery in PostgreSQL, for all nodes: checks, makes and changes it.

It has a schema of its own in the database, so that a history may stand in the same one. Each change is told at once to
those who listen, and an erasure waits for the copies of all nodes before it rewrites the tables.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from configs.postgres.store import BUSY_SECONDS, PostgresStore, translated
from recognizer.gallery.change import ERASURES, ChangeKind, Recorded
from recognizer.gallery.database import ANY_ERASURE, HEADER, NEXT_NUMBER, NUMBERED, Header
from recognizer.gallery.dialect import POSTGRES
from recognizer.gallery.schema import APPLICATION_ID, POSTGRES_MIGRATIONS, POSTGRES_SCHEMA, POSTGRES_VERSION

log = logging.getLogger(__name__)

SCHEMA = "glimpse_gallery"
CHANNEL = "glimpse_gallery"
"""Where each change is told (NOTIFY), with its number, and each receipt."""
RECEIPT_SECONDS = 60.0
"""For which an erasure waits for receipts at most."""
_LOOK_SECONDS = 0.02
_HAS_SCHEMA = "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = ?"
_TABLES = "SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = ? ORDER BY tablename"
_OWED = "INSERT INTO receipts (number, instance, node) SELECT ?, instance, node FROM nodes"
_MAY_NAME = f"""
    SELECT 1 FROM receipts JOIN nodes USING (instance)
    WHERE receipts.at IS NULL AND nodes.seen + nodes.max_age > {POSTGRES.now} LIMIT 1
"""


class PostgresDatabase(PostgresStore):
    """An open connection to a gallery; of one thread. See `open_database`; raises ValueError without psycopg."""

    sql = POSTGRES

    def __init__(self, address: str, *, create: bool = False, read_only: bool = False, updates: bool = False) -> None:
        """updates: bring tables of an earlier version up to date, where this user may; a node leaves that to whoever
        changes the gallery, as nodes of that version cannot go on then."""
        super().__init__(address, "gallery", lock=APPLICATION_ID)
        self.path, self._recorded = self.name, Recorded()
        self.heard = False
        try:
            self.change(f"SET lock_timeout = '{BUSY_SECONDS}s'")
            self.change(f"SET search_path = {SCHEMA}")
            self._prepare(create=create)
            if updates:
                self._update()
            if read_only:
                self.change("SET default_transaction_read_only = on")
        except BaseException:
            self.close()
            raise

    @property
    def schema_version(self) -> int:
        """Of the tables. Another process may raise it at any time outside of a transaction."""
        return int(self.rows("SELECT version FROM schema_version")[0][0])

    def header(self) -> Header:
        """What the gallery says of all its faces."""
        return Header.of(self.rows(HEADER), self.name)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read transaction: all queries inside see the same state."""
        self.change("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            yield
        finally:
            if not self._db.closed:
                self.change("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Write transaction that numbers what was changed and tells who listens; any error rolls it back."""
        try:
            with super().writing():
                yield
                self._number_changes()
        except BaseException:
            self._recorded.clear()
            raise

    def record(self, kind: ChangeKind, person: int | None) -> None:
        """Note, inside `writing`, what is done to whom."""
        self._recorded.add(kind, person)

    def delete_damaged(self) -> None:
        """Nothing: PostgreSQL holds no row without its owner."""

    def may_hold_erased(self) -> bool:
        """Whether anything was erased: the server does not say which bytes its files still hold."""
        return bool(self.rows(ANY_ERASURE))

    def scrub(self) -> None:
        """Wait until no copy names the erased, and rewrite the tables without their bytes, which keeps readers out.

        Raises TimeoutError where a copy may still name them, or where a reader holds the tables.
        """
        self._await_receipts()
        try:
            for table in self.tables():
                self.change(f'VACUUM (FULL) "{table}"')
        except OSError as error:
            raise TimeoutError(f"{error}; the bytes of erased faces stay until somebody erases again") from error

    def listen(self) -> None:
        """Hear of changes by others from now on: `heard` is set by each, when the connection is read."""
        self._db.add_notify_handler(lambda _: setattr(self, "heard", True))
        self.change(f"LISTEN {CHANNEL}")

    def fileno(self) -> int:
        """The descriptor of the connection, which has data when something was told. Raises OSError."""
        with self._named_errors():
            return self._db.fileno()

    def tables(self) -> list[str]:
        """The names of the gallery's tables."""
        return [str(table) for (table,) in self.rows(_TABLES, (SCHEMA,))]

    def _await_receipts(self) -> None:
        until = time.monotonic() + RECEIPT_SECONDS
        while self.rows(_MAY_NAME):
            if time.monotonic() > until:
                raise TimeoutError(f"gallery {self.name}: a node has not taken up the erasure, and may still name them")
            time.sleep(_LOOK_SECONDS)

    def _number_changes(self) -> None:
        for kind, person in self._recorded.take():
            self.change(NEXT_NUMBER)
            self.change(NUMBERED.format(now=self.sql.now), (kind, person))
            number = self.header().revision
            if kind in ERASURES:
                self.change(_OWED, (number,))
        self.rows("SELECT pg_notify(?, ?)", (CHANNEL, str(number)))

    def _prepare(self, *, create: bool) -> None:
        if not self.rows(_HAS_SCHEMA, (SCHEMA,)):
            if not create:
                raise FileNotFoundError(f"gallery {self.name}: nothing is there yet; glimpse enroll makes it")
            self._create()
        if self.schema_version not in (*POSTGRES_MIGRATIONS, POSTGRES_VERSION):
            raise ValueError(
                f"gallery {self.name}: expected schema {POSTGRES_VERSION}, got {self.schema_version}; update Glimpse:"
                " a newer one wrote this"
            )

    def _update(self) -> None:
        if self.schema_version == POSTGRES_VERSION:
            return
        try:
            with PostgresStore.writing(self):
                for version in range(self.schema_version, POSTGRES_VERSION):
                    for statement in POSTGRES_MIGRATIONS[version]:
                        self.change(translated(statement))
                self.change("UPDATE schema_version SET version = ?", (POSTGRES_VERSION,))
        except ValueError as error:
            log.info("%s: the tables stay as version %d made them", error, self.schema_version)

    def _create(self) -> None:
        with PostgresStore.writing(self):
            if self.rows(_HAS_SCHEMA, (SCHEMA,)):
                return  # another process has made it meanwhile
            self.change(f"CREATE SCHEMA {SCHEMA}")
            for statement in filter(str.strip, POSTGRES_SCHEMA.split(";")):
                self.change(translated(statement))
            self.change("CREATE TABLE schema_version (version BIGINT NOT NULL)")
            self.change("INSERT INTO schema_version VALUES (?)", (POSTGRES_VERSION,))
