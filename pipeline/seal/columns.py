"""Which columns of which stores are sealed; what writes and reads them seals and opens them by `configs.at_rest`."""

from typing import NamedTuple


class Column(NamedTuple):
    """A column that may hold faces. key: a number that only grows."""

    table: str
    key: str
    data: str


COLUMNS: dict[str, tuple[Column, ...]] = {
    "gallery": (Column("faces", "id", "vector"), Column("faces", "id", "chip"), Column("negatives", "id", "vector")),
    "history": (
        Column("templates", "track", "data"),
        Column("crops", "track", "data"),
        Column("gallery_work", "id", "body"),
    ),
    "outbox": (Column("events", "id", "body"),),
    "collection": (Column("events", "id", "body"),),
    "alerts": (Column("alerts", "id", "crop"), Column("crops", "rowid", "crop"), Column("outgoing", "id", "body")),
    "deliveries": (Column("deliveries", "id", "body"),),
}
"""By kind of store, as `pipeline.erase.store` calls it."""
EVENTS = ("outbox", "collection")
"""Kinds whose bodies are events, of which only samples and alerts are sealed."""
COUNTED: dict[str, dict[str, str]] = {
    "history": {
        "templates": "UPDATE usage SET bytes = bytes + ? WHERE kind = 'templates'",
        "crops": "UPDATE usage SET bytes = bytes + ? WHERE kind = 'crops'",
    },
    "collection": {"events": "UPDATE figures SET value = value + ? WHERE name = 'bytes'"},
}
"""By kind of store, the tables whose bytes are counted, and what counts more of them."""
