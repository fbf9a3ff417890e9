"""Stored events: one writer, any number of readers. Other parts import what they need from here."""

from pipeline.bus.outbox.reader import OutboxReader, Query
from pipeline.bus.outbox.rows import Row, StoredEvent, replace_body
from pipeline.bus.outbox.schema import APPLICATION_ID
from pipeline.bus.outbox.writer import Outbox, Retention

__all__ = ["APPLICATION_ID", "Outbox", "OutboxReader", "Query", "Retention", "Row", "StoredEvent", "replace_body"]
