"""Which kinds of stores, of those that are sealed, a file is or a PostgreSQL database holds."""

from pathlib import Path

from pipeline.erase.databases import stores_at
from pipeline.erase.stores import store_of
from pipeline.seal.columns import COLUMNS


def kind_of_file(path: Path) -> str:
    """The kind of a file. Raises ValueError for what is no store, or one that seals nothing."""
    found = store_of(path)
    if found is None or found.kind not in COLUMNS:
        got = f"a file of {found.kind}" if found else "another file"
        raise ValueError(
            f"{path}: expected a gallery, a history, an outbox, a collection, alerts or deliveries, got {got}"
        )
    return found.kind


def kinds_in_database(address: str) -> list[str]:
    """The kinds at postgresql://HOST/DATABASE, a gallery first. Raises ValueError and OSError where there is none."""
    return [store.kind for store in stores_at(address)]
