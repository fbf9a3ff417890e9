"""What there is at the address of a PostgreSQL database: a history, a gallery, or both."""

from contextlib import suppress

from pipeline.erase.database_store import DatabaseStore
from pipeline.erase.postgres_gallery import PostgresGallery
from pipeline.erase.postgres_history import PostgresHistory


def stores_at(address: str) -> list[DatabaseStore]:
    """The stores there, the gallery first. Raises ValueError and OSError where there is none, or no connection."""
    found: list[DatabaseStore] = []
    with suppress(FileNotFoundError):
        found.append(PostgresGallery(address))
    try:
        found.append(PostgresHistory(address))
    except FileNotFoundError:
        if not found:
            raise
    return found
