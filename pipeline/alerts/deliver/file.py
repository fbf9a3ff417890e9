"""The SQLite file of a delivering process. Each thread opens its own connection, so that none waits for another's."""

from pathlib import Path

from pipeline.alerts.deliver.schema import APPLICATION_ID, MIGRATIONS
from pipeline.store_file import StoreFile, StoreKind

KIND = StoreKind(
    "deliveries", "a file of Glimpse's deliveries", "the process that delivers", APPLICATION_ID, MIGRATIONS
)


class DeliveryFile(StoreFile):
    """One connection. create: for writing, and make the file where it is missing. Raises like `StoreFile`."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        super().__init__(path, KIND, "create" if create else "read")
