"""Stored events: one writer, any number of readers. Other parts import what they need from here."""

from pipeline.bus.outbox.consumers import TooManyConsumersError
from pipeline.bus.outbox.file_lock import lock_outbox
from pipeline.bus.outbox.prune import Retention
from pipeline.bus.outbox.reader import OutboxReader, Query
from pipeline.bus.outbox.rows import INSERT, IdentifiedRow, Row, StoredEvent, lost_row, replace_body
from pipeline.bus.outbox.salvage import is_damage
from pipeline.bus.outbox.schema import APPLICATION_ID, VERSION
from pipeline.bus.outbox.sent_record import SentRecord, SentRun
from pipeline.bus.outbox.writer import Outbox

__all__ = [
    "APPLICATION_ID",
    "INSERT",
    "VERSION",
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
    "lock_outbox",
    "lost_row",
    "replace_body",
]
