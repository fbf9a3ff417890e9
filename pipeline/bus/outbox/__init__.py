"""Stored events: one writer, any number of readers. Other parts import what they need from here."""

from pipeline.bus.outbox.consumers import TooManyConsumersError
from pipeline.bus.outbox.prune import Retention
from pipeline.bus.outbox.reader import OutboxReader, Query
from pipeline.bus.outbox.rows import IdentifiedRow, Row, StoredEvent, replace_body
from pipeline.bus.outbox.salvage import is_damage
from pipeline.bus.outbox.schema import APPLICATION_ID
from pipeline.bus.outbox.sent_record import SentRecord, SentRun
from pipeline.bus.outbox.writer import Outbox

__all__ = [
    "APPLICATION_ID",
    "IdentifiedRow",
    "Outbox",
    "OutboxReader",
    "Query",
    "Retention",
    "Row",
    "SentRecord",
    "SentRun",
    "StoredEvent",
    "TooManyConsumersError",
    "is_damage",
    "replace_body",
]
