"""The rows of an outbox: an event, its key, and checksums of both, so that a damaged row is recognised."""

import logging
import sqlite3
import zlib
from typing import NamedTuple

from configs.at_rest import StoreCipher, is_sealed
from pipeline.events import AlertEvent, Event, SampleEvent, decode
from pipeline.events import topic as topic_of

log = logging.getLogger(__name__)


class Row(NamedTuple):
    """An event to store."""

    epoch: str
    topic: str
    seq: int
    wall_time: float
    body: bytes
    checksum: int


class IdentifiedRow(NamedTuple):
    """A row with its number, which is the order of publication. For INSERT."""

    id: int
    epoch: str
    topic: str
    seq: int
    wall_time: float
    body: bytes
    checksum: int


INSERT = "INSERT OR IGNORE INTO events (id, epoch, topic, seq, wall_time, body, checksum) VALUES (?, ?, ?, ?, ?, ?, ?)"


class StoredEvent(NamedTuple):
    """A row as it was read; `body` is None if it is damaged or was lost, `topic` empty if its key is damaged too."""

    id: int
    epoch: str
    topic: str
    seq: int
    body: bytes | None


def row_of(topic: str, event: Event, body: bytes, cipher: StoreCipher) -> Row:
    """The row of an encoded event; one that may hold faces is sealed."""
    if isinstance(event, SampleEvent | AlertEvent):
        body = cipher.seal(body)
    return Row(event.epoch, topic, event.seq, event.wall_time, body, checksum_of(event.epoch, topic, event.seq, body))


def lost_row(epoch: str, topic: str, seq: int, wall_time: float) -> Row:
    """A row without a body: the event was published and is lost."""
    return Row(epoch, topic, seq, wall_time, b"", checksum_of(epoch, topic, seq, b""))


def replace_body(connection: sqlite3.Connection, row: int, body: bytes) -> None:
    """Give a stored event another body, and its checksum where it has one that fits. Raises sqlite3.Error."""
    columns = [name for _, name, *_ in connection.execute("PRAGMA table_info(events)")]
    if "checksum" in columns:
        query = "SELECT epoch, topic, seq, CAST(body AS BLOB), checksum FROM events WHERE id = ?"
        epoch, topic, seq, old, checksum = connection.execute(query, (row,)).fetchone()
        if checksum == checksum_of(epoch, topic, seq, old):
            fresh = checksum_of(epoch, topic, seq, body)
            connection.execute("UPDATE events SET checksum = ? WHERE id = ?", (fresh, row))
    connection.execute("UPDATE events SET body = ? WHERE id = ?", (body, row))


def checksum_of(epoch: str, topic: str, seq: int, body: bytes) -> int:
    """CRC-32 of the key in the upper half, of the body in the lower; signed, as SQLite's integers are."""
    key = zlib.crc32(f"{epoch}\0{topic}\0{seq}".encode("utf-8", "surrogatepass"))
    return (key << 32 | zlib.crc32(body)) - (1 << 63)


def open_row(stored: StoredEvent, cipher: StoreCipher) -> StoredEvent:
    """A row with its event opened; one that does not open counts as lost, and a line of the log says why."""
    if stored.body is None or not is_sealed(stored.body):
        return stored
    try:
        return stored._replace(body=cipher.open(stored.body))
    except ValueError as error:
        log.error("%s; event %d is left out", error, stored.id)
        return stored._replace(body=None)


def check_row(row: int, epoch: object, topic: object, seq: object, body: object, checksum: object) -> StoredEvent:
    """Compare a row with its checksums; one of an outbox without them must be an event of that topic.

    The body is as it was stored. In a damaged page any column may have become anything.
    """
    raw = body if isinstance(body, bytes) else b""
    if not (isinstance(epoch, str) and isinstance(topic, str) and isinstance(seq, int)):
        return StoredEvent(row, "", "", 0, None)
    if checksum is None:
        return StoredEvent(row, epoch, topic, seq, raw if _is_event(raw, epoch, topic, seq) else None)
    expected = checksum_of(epoch, topic, seq, raw)
    is_key_right = isinstance(checksum, int) and expected + (1 << 63) >> 32 == checksum + (1 << 63) >> 32
    is_right = bool(raw) and expected == checksum
    return StoredEvent(row, epoch, topic if is_key_right else "", seq, raw if is_right else None)


def _is_event(body: bytes, epoch: str, topic: str, seq: int) -> bool:
    try:
        event = decode(body)
    except (ValueError, RecursionError):  # msgspec's errors and UnicodeDecodeError are ValueErrors
        return False
    return (event.epoch, topic_of(event), event.seq) == (epoch, topic, seq)
