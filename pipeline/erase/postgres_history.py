"""A history in PostgreSQL, which is in no folder: it is given by its address, and searched column by column."""

from collections.abc import Iterator
from pathlib import Path

from pipeline.erase.history import erase_in, opened_history, people_in, records_in, traces_in
from pipeline.erase.person import Person
from pipeline.erase.proof import Proof
from pipeline.erase.tables import find_in_tables
from pipeline.history.database import open_database


class PostgresHistory:
    """A store like those of files; its methods look at no path. name: what may be shown of `address`,
    which may hold a password."""

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
            return find_in_tables(database, proof)
