"""Stores what was received as pending deliveries, in the transaction that moves the position in the stream.

So a kill at any moment loses nothing: either both are stored, or the bus sends the events again. An event that comes
twice is recognised by its key.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import msgspec

from pipeline.alerts.deliver.file import DeliveryFile
from pipeline.bus.position import Position

BEFORE_START_SECONDS = 60.0
"""What happened so long before a receiver was first configured is not for it; what is newer may be news to it."""
KEEP_DONE_SECONDS = 14 * 86400.0
"""Keys of what is done are kept so long: a replay reaches back a week at most."""
_last_seqs: msgspec.json.Decoder[dict[str, int]] = msgspec.json.Decoder(dict[str, int])


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """Something for one receiver.

    key: the same whenever the same is received again.  event_time: Unix seconds.  rule, min_seconds: leave it out where
    the receiver has got something of the same rule within so many seconds.
    """

    receiver: str
    key: str
    body: bytes
    event_time: float
    rule: str = ""
    min_seconds: float = 0.0


class Backlog:
    """The file as the thread sees it that receives events. clock: Unix seconds. Raises like `DeliveryFile`."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        self.file = DeliveryFile(path, create=True)
        self._clock = clock

    def register(self, names: Sequence[str]) -> int:
        """Have exactly these receivers; returns how many messages for others were deleted."""
        with self.file.writing():
            known = {name: row for row, name in self.file.rows("SELECT id, name FROM receivers")}
            for name in names:
                if name not in known:
                    self.file.change("INSERT INTO receivers (name, since) VALUES (?, ?)", (name, self._clock()))
            return sum(self._forget(row) for name, row in known.items() if name not in names)

    def position(self, stream: str) -> Position | None:
        """After which event a stream goes on; None for one that was never received."""
        rows = self.file.rows("SELECT epoch, last_seq FROM streams WHERE name = ?", (stream,))
        return Position(rows[0][0], _last_seqs.decode(rows[0][1])) if rows else None

    def move(self, stream: str, position: Position) -> None:
        """Note the position in a stream, in the current transaction."""
        last_seq = msgspec.json.encode(position.last_seq).decode()
        self.file.change(
            "INSERT INTO streams VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET epoch = excluded.epoch,"
            " last_seq = excluded.last_seq",
            (stream, position.epoch, last_seq),
        )

    def add(self, delivery: NewDelivery) -> bool:
        """Store a pending delivery, in the current transaction; says whether it is new, and wanted by its receiver."""
        rows = self.file.rows("SELECT id, since FROM receivers WHERE name = ?", (delivery.receiver,))
        if not rows or delivery.event_time < rows[0][1] - BEFORE_START_SECONDS:
            return False
        receiver = rows[0][0]
        if delivery.min_seconds and self._is_too_soon(receiver, delivery):
            return False
        body = self.file.cipher.seal(delivery.body)
        values = (receiver, delivery.key, delivery.rule, delivery.event_time, self._clock(), body)
        return bool(
            self.file.change(
                "INSERT INTO deliveries (receiver, key, rule, event_time, added_at, body) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                values,
            )
        )

    def note_lost(self, count: int) -> None:
        """Count events that the bus no longer has as dropped, for every receiver, in the current transaction."""
        self.file.change("UPDATE receivers SET dropped = dropped + ?, untold = untold + ?", (count, count))

    def prune(self) -> None:
        """Forget the keys of what was done long ago."""
        with self.file.writing():
            self.file.change("DELETE FROM deliveries WHERE done_at < ?", (self._clock() - KEEP_DONE_SECONDS,))

    def state(self, name: str) -> bytes | None:
        """What a process keeps between two events."""
        rows = self.file.rows("SELECT body FROM state WHERE name = ?", (name,))
        return bytes(rows[0][0]) if rows else None

    def keep_state(self, name: str, body: bytes) -> None:
        """Keep it, in the current transaction."""
        self.file.change(
            "INSERT INTO state VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET body = excluded.body", (name, body)
        )

    def close(self) -> None:
        """Close the file; may be called twice."""
        self.file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _is_too_soon(self, receiver: int, delivery: NewDelivery) -> bool:
        """Whether something else of the rule is near; asked of the table, so that a replay gives the same answer."""
        return bool(
            self.file.rows(
                "SELECT 1 FROM deliveries WHERE receiver = ? AND rule = ? AND event_time > ? AND event_time < ?"
                " AND key <> ? LIMIT 1",
                (
                    receiver,
                    delivery.rule,
                    delivery.event_time - delivery.min_seconds,
                    delivery.event_time + delivery.min_seconds,
                    delivery.key,
                ),
            )
        )

    def _forget(self, receiver: int) -> int:
        [(pending,)] = self.file.rows(
            "SELECT count(*) FROM deliveries WHERE receiver = ? AND done_at IS NULL", (receiver,)
        )
        self.file.change("DELETE FROM deliveries WHERE receiver = ?", (receiver,))
        self.file.change("DELETE FROM receivers WHERE id = ?", (receiver,))
        return int(pending)
