"""The SQLite file of alerts."""

from pathlib import Path

from pipeline.alerts.schema import APPLICATION_ID, MIGRATIONS
from pipeline.store_file import StoreFile, StoreKind

KIND = StoreKind("alerts", "a file of alerts", "glimpse alerts run", APPLICATION_ID, MIGRATIONS)


class Database(StoreFile):
    """One open file of alerts, for writing unless `read_only`. create: make it where it is missing.

    Raises like `StoreFile`.
    """

    def __init__(self, path: Path, *, create: bool = False, read_only: bool = False) -> None:
        super().__init__(path, KIND, "create" if create else "read" if read_only else "change")
