"""Open, check, and change the SQLite file of a gallery.

A file of schema 1, which has no chips, 2, which has no negatives, or 3, which does not say what changed, can be read as
it is. The first write transaction adds what is missing and is rolled back with it.

Every SQLite error becomes a ValueError that names the file: "file is not a database" does not say which gallery. Where
the disk is full or fails, it becomes a NoRoomError, since nothing is wrong with the file.
"""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from configs.at_rest import StoreCipher
from recognizer.gallery.change import ChangeKind, Recorded
from recognizer.gallery.database import ANY_ERASURE, HEADER, NEXT_NUMBER, NUMBERED, Header, NoRoomError
from recognizer.gallery.dialect import SQLITE
from recognizer.gallery.schema import APPLICATION_ID, MIGRATIONS, SCHEMA, SCHEMA_VERSION

log = logging.getLogger(__name__)

BUSY_SECONDS = 5.0
READ_ONLY_ERRORS = ("SQLITE_CANTOPEN", "SQLITE_READONLY")  # what opening the log's index gives on a read-only volume
NO_INDEX_ERROR = "SQLITE_IOERR_SHM"  # and where there is no room for it
NO_ROOM_ERRORS = ("SQLITE_FULL", "SQLITE_IOERR")


class SqliteDatabase:
    """One open gallery file in WAL mode: readers and the writer do not block each other, also across processes."""

    sql = SQLITE

    def __init__(self, path: Path, *, create: bool, read_only: bool = False) -> None:
        """Open the file; with `create`, make it if it is missing. A file on a read-only volume can be read.

        read_only: never write, not even what the log still holds. Raises like `Gallery`.
        """
        self.path, self.cipher = path, StoreCipher("gallery", path)
        self._recorded = Recorded()
        self._wrote = self._lacks_room = False
        if path.exists() and not path.is_file():  # a named pipe would never answer
            kind = "a folder" if path.is_dir() else "a device or pipe"
            raise ValueError(f"gallery {path}: expected a file, got {kind}")
        if not create and not path.exists():
            raise FileNotFoundError(f"gallery: no such file: {path}")
        if not path.exists() and path.parent.is_dir():
            path.touch(mode=0o600)  # faces are biometric data; SQLite's log gets the same permissions
        self._db = self._connect("mode=ro" if read_only else "mode=rw")
        try:
            self._prepare(create=create)
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Close the file; closing it again does nothing.

        What was written goes from the log into the file, also while others read it: a copy of the file is then whole,
        and a file that takes its place does not meet the log of another.
        """
        if self._wrote:
            with suppress(sqlite3.Error):  # kept in the log for the next writer
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._wrote = False
        self._db.close()

    def rows(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query, fetched at once: an open read transaction would block an erasure."""
        with self._named_errors():
            return self._db.execute(query, values).fetchall()

    def change(self, statement: str, values: tuple[Any, ...] = ()) -> int:
        """Run one statement; returns the number of rows changed."""
        with self._named_errors():
            return self._db.execute(statement, values).rowcount

    def header(self) -> Header:
        """What the file says of all its faces. Raises ValueError where it is damaged."""
        return Header.of(self.rows(HEADER), self.path)

    @property
    def schema_version(self) -> int:
        """Version of the file's schema. Another process may raise it at any time outside of a transaction."""
        return self._number("PRAGMA user_version")

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read transaction: all queries inside see the same state of the file."""
        self.change("BEGIN")
        try:
            yield
        finally:
            self.change("COMMIT")

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Write transaction that migrates an older schema, and numbers what was changed; any error rolls it back."""
        self.change("BEGIN IMMEDIATE")
        self._wrote = True
        try:
            self._migrate()
            yield
            self._number_changes()
            self.change("COMMIT")
        except BaseException:
            self._recorded.clear()
            if self._db.in_transaction:  # on a full disk SQLite may have rolled back already
                self.change("ROLLBACK")
            raise

    def record(self, kind: ChangeKind, person: int | None) -> None:
        """Note, inside `writing`, what is done to whom."""
        self._recorded.add(kind, person)

    def _number_changes(self) -> None:
        for kind, person in self._recorded.take():
            self.change(NEXT_NUMBER)
            self.change(NUMBERED.format(now=self.sql.now), (kind, person))

    def delete_damaged(self) -> None:
        """Delete faces that nobody can tell whose they are, and people left without a face, inside `writing`."""
        if not (damaged := self._damaged()):
            return
        log.error("gallery %s: %d faces with a damaged name or owner are erased, too", self.path, len(damaged))
        self.change("REINDEX")  # SQLite deletes no row that its index does not know
        for face in damaged:
            self.change("DELETE FROM faces WHERE id = ?", (face,))
        self.change("DELETE FROM people WHERE id NOT IN (SELECT person FROM faces)")

    def may_hold_erased(self) -> bool:
        """Whether anything was erased, and the log or pages out of use have content; older schemas do not note it."""
        if self.schema_version == SCHEMA_VERSION and not self.rows(ANY_ERASURE):
            return False
        log_file = self.path.with_name(f"{self.path.name}-wal")
        return _has_content(log_file) or self._number("PRAGMA freelist_count") > 0

    def scrub(self) -> None:
        """Rewrite the file without free pages and truncate its log. Raises TimeoutError when the file is in use, or
        where there is no room for a second one of its size.

        Faces with a damaged name or owner are deleted: the file would come out with new indexes, and hide the damage.
        """
        if self._damaged():
            with self.writing():
                self.delete_damaged()
        try:
            self._db.execute("VACUUM")
            busy = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname.startswith(NO_ROOM_ERRORS):
                raise TimeoutError(
                    f"gallery {self.path}: no room on the disk to write the file anew ({error}); the bytes of erased"
                    " faces stay in it until there is, and somebody erases again"
                ) from error
            raise TimeoutError(f"gallery {self.path}: {error}") from error
        if busy:
            raise TimeoutError(f"gallery {self.path}: another process still reads old pages")

    def _damaged(self) -> list[int]:
        return [row for (row,) in self.rows(f"SELECT faces.id FROM {self.sql.faces} WHERE NOT ({self.sql.sound})")]

    def _connect(self, mode: str) -> sqlite3.Connection:
        """A connection that can read; `immutable` where SQLite cannot make the index of its log, because the volume is
        read-only or full."""
        with self._named_errors():
            db = self._open(mode)
        try:
            db.execute("PRAGMA schema_version")
        except sqlite3.OperationalError as error:
            self._lacks_room = error.sqlite_errorname.startswith(NO_INDEX_ERROR)
            if not (self._lacks_room or error.sqlite_errorname.startswith(READ_ONLY_ERRORS)):
                return db  # busy, or damaged: the first query says so
            has_changes = _has_content(self.path.with_name(f"{self.path.name}-wal"))
            if self._lacks_room and has_changes:
                return db  # the first query says that there is no room
            db.close()
            if has_changes:
                raise ValueError(
                    f"gallery {self.path}: expected no changes in its log on a read-only volume, got some;"
                    " copy the file while nothing has it open"
                ) from None
            with self._named_errors():
                return self._open("immutable=1")
        except sqlite3.DatabaseError:
            return db
        return db

    def _open(self, mode: str) -> sqlite3.Connection:
        address = f"{self.path.absolute().as_uri()}?{mode}"
        db = sqlite3.connect(address, timeout=BUSY_SECONDS, isolation_level=None, uri=True)
        db.text_factory = _decode
        return db

    def _prepare(self, *, create: bool) -> None:
        self.change("PRAGMA foreign_keys = ON")
        self.change("PRAGMA secure_delete = ON")
        if not self._number("SELECT count(*) FROM sqlite_master"):
            if not create:
                raise ValueError(f"gallery {self.path}: expected a gallery, got an empty file")
            self._create()
        if self._number("PRAGMA application_id") != APPLICATION_ID:
            raise ValueError(f"gallery {self.path}: expected a Glimpse gallery, got another SQLite database")
        if self._number("SELECT count(*) FROM sqlite_master WHERE type IN ('view', 'trigger')"):
            raise ValueError(f"gallery {self.path}: expected tables alone, got views or triggers; do not trust it")
        if (version := self.schema_version) > SCHEMA_VERSION:
            raise ValueError(
                f"gallery {self.path}: expected schema {SCHEMA_VERSION} or less, got {version}; update Glimpse:"
                " a newer one wrote this"
            )
        if version not in (*MIGRATIONS, SCHEMA_VERSION):
            raise ValueError(f"gallery {self.path}: damaged: expected schema 1 to {SCHEMA_VERSION}, got {version}")

    def _migrate(self) -> None:
        """Bring the schema up to SCHEMA_VERSION, inside the transaction of the caller."""
        for version in range(self.schema_version, SCHEMA_VERSION):
            for statement in MIGRATIONS[version]:
                self.change(statement)
            self.change(f"PRAGMA user_version = {version + 1}")

    def _create(self) -> None:
        self.change("PRAGMA journal_mode = WAL")
        self.change("BEGIN IMMEDIATE")
        if not self._number("SELECT count(*) FROM sqlite_master"):  # another process may have created it meanwhile
            for statement in SCHEMA.split(";"):
                self.change(statement)
            self.change(f"PRAGMA application_id = {APPLICATION_ID}")
            self.change(f"PRAGMA user_version = {SCHEMA_VERSION}")
        self.change("COMMIT")

    def _number(self, query: str) -> int:
        return int(self.rows(query)[0][0])

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            name = error.sqlite_errorname
            if name.startswith(NO_ROOM_ERRORS) or (self._lacks_room and name.startswith("SQLITE_READONLY")):
                raise NoRoomError(
                    f"gallery {self.path}: cannot be written, the disk is full or fails ({error})"
                ) from error
            raise ValueError(f"gallery {self.path}: {error}") from error
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # the latter for a damaged schema
            raise ValueError(f"gallery {self.path}: not a gallery or damaged ({error})") from error


def _decode(text: bytes) -> str:
    """Damaged text stays readable: what is not UTF-8 becomes lone surrogates, as in names of files."""
    return text.decode("utf-8", "surrogateescape")


def _has_content(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0
