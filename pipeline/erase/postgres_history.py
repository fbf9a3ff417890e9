"""A history in PostgreSQL, which is in no folder: it is given by its address, and searched column by column."""

from collections.abc import Iterator
from pathlib import Path

from pipeline.erase.history import ROWS_AT_ONCE, erase_in, opened_history, people_in, records_in, traces_in
from pipeline.erase.person import Person
from pipeline.erase.proof import Proof
from pipeline.history.database import Database, open_database

TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY table_name"


class PostgresHistory:
    """A store like those of files; its methods look at no path. name: what may be
    shown of `address`, which may hold a password."""

    kind = "history"

    def __init__(self, address: str) -> None:
        """Raises ValueError and OSError, without a password, for what is no history or cannot be reached."""
        self.address = address
        with open_database(address) as database:
            self.name = database.name

    def recognises(self, path: Path) -> bool:
        return False

    def people(self, path: Path) -> Iterator[str]:
        with opened_history(self.address) as database:
            yield from people_in(database)

    def traces(self, path: Path, person: Person) -> Iterator[bytes]:
        with opened_history(self.address) as database:
            yield from traces_in(database, person)

    def records(self, path: Path, person: Person) -> Iterator[bytes]:
        with opened_history(self.address) as database:
            yield from records_in(database, person)

    def erase(self, path: Path, person: Person) -> str:
        with opened_history(self.address, change=True) as database:
            return erase_in(database, person)

    def find(self, proof: Proof) -> list[str]:
        """What of the person is still in any column of any table."""
        with opened_history(self.address) as database:
            tables = [str(table) for (table,) in database.rows(TABLES)]
            found = {what for table in tables for piece in _pieces(database, table) for what in proof.find_in(piece)}
        return sorted(found, reverse=True)


def _pieces(database: Database, table: str) -> Iterator[bytes]:
    """Everything in a table, text and pictures apart: a short name in noise is no name."""
    for page in database.pages(f'SELECT * FROM "{table}"', size=ROWS_AT_ONCE):
        values = [value.encode() if isinstance(value, str) else value for row in page for value in row]
        data = [bytes(value) for value in values if isinstance(value, bytes | memoryview)]
        yield b"\n".join(value for value in data if b"\0" not in value)
        yield b"\n".join(value for value in data if b"\0" in value)
