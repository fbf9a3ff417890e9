"""A history in an SQLite file, of one node."""

from pathlib import Path

from pipeline.history.schema import APPLICATION_ID, MIGRATIONS
from pipeline.store_file import StoreFile, StoreKind

KIND = StoreKind("history", "a Glimpse history", "glimpse history record", APPLICATION_ID, MIGRATIONS)


class SqliteDatabase(StoreFile):
    """One open history. create: open it for writing, and make it where it is missing. Raises like `StoreFile`."""

    is_shared = False

    def __init__(self, path: Path, *, create: bool = False) -> None:
        super().__init__(path, KIND, "create" if create else "read")
