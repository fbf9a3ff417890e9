"""Opens the store of the stream: an SQLite file, or a PostgreSQL database."""

from pathlib import Path

from configs.postgres.address import is_postgres
from pipeline.collect.schema import KIND
from pipeline.history.database import Database
from pipeline.store_file import StoreFile


class CollectionFile(StoreFile):
    """A stream in an SQLite file."""

    is_shared = True

    def __init__(self, path: Path, *, create: bool) -> None:
        super().__init__(path, KIND, "create" if create else "read")
        if create:
            # What is acknowledged to a node or passed on must survive a power cut: numbers are given once.
            self.change("PRAGMA synchronous = FULL")


def open_collection(place: str, *, create: bool = False) -> Database:
    """Open the store of a stream; create: for writing, made where it is missing. Raises like `StoreFile`."""
    if is_postgres(place):
        from pipeline.history.postgres_database import PostgresDatabase

        return PostgresDatabase(place, create=create, kind=KIND)
    return CollectionFile(Path(place), create=create)
