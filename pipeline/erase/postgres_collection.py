"""The one stream of many nodes in PostgreSQL, which is in no folder: it is given by its address, and searched column by
column. Its entries keep their numbers, as those of a file do."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.collect.database import open_collection
from pipeline.collect.schema import KIND
from pipeline.erase.person import Person
from pipeline.erase.proof import Proof
from pipeline.erase.store import IncompleteError
from pipeline.erase.stored_events import StoredEvents, erase_events, people_in, records_in, traces_in
from pipeline.erase.tables import find_in_tables
from pipeline.history.database import Database

ROWS_AT_ONCE = 1000


class PostgresCollection:
    """A store like those of files; its methods look at no path. name: what may be shown of `address`,
    which may hold a password."""

    kind = KIND.noun

    def __init__(self, address: str) -> None:
        """Raises ValueError and OSError, without a password, for what is no collection or cannot be reached."""
        self.address = address
        with open_collection(address) as database:
            self.name = database.name

    def recognises(self, path: Path) -> bool:
        return False

    def people(self, path: Path) -> Iterator[str]:
        with _opened(self.address) as database:
            yield from people_in(_Events(database))

    def traces(self, path: Path, person: Person) -> Iterator[bytes]:
        """Templates and crops of the person's tracks."""
        with _opened(self.address) as database:
            yield from traces_in(_Events(database), person)

    def records(self, path: Path, person: Person) -> Iterator[bytes]:
        with _opened(self.address) as database:
            yield from records_in(_Events(database), person)

    def erase(self, path: Path, person: Person) -> str:
        with _opened(self.address, change=True) as database:
            with database.writing():
                done = erase_events(_Events(database), person)
            database.scrub()  # always: an earlier erasure may have been interrupted before this
        return done

    def find(self, proof: Proof) -> list[str]:
        """What of the person is still in any column of any table."""
        with _opened(self.address) as database:
            return find_in_tables(database, proof)


class _Events(StoredEvents):
    """The entries of an open stream."""

    def __init__(self, database: Database) -> None:
        super().__init__(database.cipher)
        self._database = database

    def stored(self) -> Iterator[tuple[int, bytes]]:
        for page in self._database.pages("SELECT id, body FROM events ORDER BY id", size=ROWS_AT_ONCE):
            yield from ((int(row), bytes(body)) for row, body in page)

    def stored_at(self, row: int) -> bytes:
        return bytes(self._database.rows("SELECT body FROM events WHERE id = ?", (row,))[0][0])

    def replace(self, row: int, body: bytes) -> None:
        self._database.change("UPDATE events SET body = ? WHERE id = ?", (body, row))


@contextmanager
def _opened(address: str, *, change: bool = False) -> Iterator[Database]:
    """An open stream, to be changed or read. Raises IncompleteError where that is not possible now, or at all."""
    try:
        with open_collection(address, create=change) as database:
            yield database
    except OSError as error:
        raise IncompleteError(f"in use or not writable ({error}); run this again") from None
    except ValueError as error:
        raise IncompleteError(f"damaged or of another version ({error})") from None
