"""What there is at the address of a PostgreSQL database: a gallery, and a history or the one stream of many nodes."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pipeline.erase.database_store import DatabaseStore
from pipeline.erase.postgres_collection import PostgresCollection
from pipeline.erase.postgres_gallery import PostgresGallery
from pipeline.erase.postgres_history import PostgresHistory
from pipeline.erase.store import Store


def stores_at(address: str) -> list[DatabaseStore]:
    """The stores there, the gallery first. Raises ValueError and OSError where there is none, or no connection."""
    found: list[DatabaseStore] = []
    with suppress(FileNotFoundError):
        found.append(PostgresGallery(address))
    try:
        found.append(_either(PostgresHistory, PostgresCollection, address))
    except FileNotFoundError:
        if not found:
            raise
    return found


def name_of(path: Path, store: Store) -> Path | str:
    """How people call a store: by its file, or by what may be shown of its address."""
    return store.name if isinstance(store, PostgresGallery | PostgresHistory | PostgresCollection) else path


def _either(
    first: Callable[[str], DatabaseStore], second: Callable[[str], DatabaseStore], address: str
) -> DatabaseStore:
    """One of two kinds, which never share tables; the first one says what is wrong where it is none of them."""
    try:
        return first(address)
    except ValueError as error:
        with suppress(ValueError):
            return second(address)
        raise error
