"""What waits for one receiver, in order, and what became of it."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.alerts.deliver.file import DeliveryFile
from pipeline.alerts.deliver.outcome import Delivered, Later, Outcome, Refused
from pipeline.alerts.deliver.retry import MAX_ASKED_SECONDS, wait_seconds
from pipeline.secrets.redact import redact
from pipeline.settings.rooms.deliveries import Bounds

log = logging.getLogger(__name__)

MAX_ERROR_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message that waits. row: its place in the order. batch: the message it was sent in before, or empty."""

    row: int
    key: str
    body: bytes
    event_time: float
    added_at: float
    batch: str


class Pending:
    """The queue of one receiver, for the thread that sends to it.

    clock: Unix seconds.  random: a number from 0 to 1. Raises like `DeliveryFile`.
    """

    def __init__(
        self,
        file: DeliveryFile,
        receiver: str,
        *,
        bounds: Bounds,
        clock: Callable[[], float] = time.time,
        random: Callable[[], float],
    ) -> None:
        self.receiver = receiver
        self._file, self._bounds, self._clock, self._random = file, bounds, clock, random
        [(self._id,)] = file.rows("SELECT id FROM receivers WHERE name = ?", (receiver,))

    def head(self, limit: int) -> list[Delivery]:
        """The oldest that wait, at most so many; where the first was in a batch that may have arrived, that batch."""
        rows = self._file.rows(
            "SELECT id, key, body, event_time, added_at, batch FROM deliveries WHERE receiver = ? AND done_at IS NULL"
            " ORDER BY id LIMIT ?",
            (self._id, limit),
        )
        found = [Delivery(row, key, self._file.cipher.open(body), *rest) for row, key, body, *rest in rows]
        return [item for item in found if item.batch == found[0].batch] if found and found[0].batch else found

    def count(self) -> int:
        """How many wait."""
        query = "SELECT count(*) FROM deliveries WHERE receiver = ? AND done_at IS NULL"
        return int(self._file.rows(query, (self._id,))[0][0])

    def seconds_left(self) -> float:
        """Seconds until the next attempt is due; a clock that was set back makes nobody wait for hours."""
        [(next_at,)] = self._file.rows("SELECT next_at FROM receivers WHERE id = ?", (self._id,))
        left = float(next_at) - self._clock()
        return left if 0 < left <= MAX_ASKED_SECONDS else 0.0

    def untold(self) -> int:
        """How many messages were dropped without the receiver having been told."""
        return int(self._file.rows("SELECT untold FROM receivers WHERE id = ?", (self._id,))[0][0])

    def count_sent(self, moment: float) -> int:
        """How many messages were sent since then; those of a batch count each."""
        rows = self._file.rows(
            "SELECT count(*) FROM deliveries WHERE receiver = ? AND done_at >= ? AND done_at <= ?"
            " AND batch <> 'dropped'",
            (self._id, moment, self._clock()),
        )
        return int(rows[0][0])

    def join(self, deliveries: Sequence[Delivery], batch: str) -> None:
        """Note which messages are sent as one, so that a retry sends the same ones under the same id."""
        with self._file.writing():
            for delivery in deliveries:
                self._file.change("UPDATE deliveries SET batch = ? WHERE id = ?", (batch, delivery.row))

    def note(self, deliveries: Sequence[Delivery], outcome: Outcome, *, told: int = 0) -> None:
        """Write down what became of messages. told: dropped ones that the receiver was told of with them."""
        match outcome:
            case Delivered():
                self._delivered(deliveries, told)
            case Refused(reason):
                self._refused(deliveries, _safe(reason))
            case Later(reason, after):
                self._later(_safe(reason), after)

    def drop_beyond_bounds(self) -> int:
        """Drop what is too old or too much, the oldest first; count and log it."""
        with self._file.writing():
            oldest = self._clock() - self._bounds.max_age_hours * 3600
            dropped = self._end("added_at < ?", (oldest,))
            if (excess := self.count() - self._bounds.max_pending) > 0:
                dropped += self._end(
                    "id IN (SELECT id FROM deliveries WHERE receiver = ? AND done_at IS NULL ORDER BY id LIMIT ?)",
                    (self._id, excess),
                )
            if dropped:
                self._file.change(
                    "UPDATE receivers SET dropped = dropped + ?, untold = untold + ? WHERE id = ?",
                    (dropped, dropped, self._id),
                )
        if dropped:
            log.error("%s: dropped %d messages that were too old or too many", self.receiver, dropped)
        return dropped

    def _end(self, condition: str, values: tuple[float, ...]) -> int:
        where = f"receiver = ? AND done_at IS NULL AND {condition}"  # of constants alone
        return self._file.change(
            f"UPDATE deliveries SET done_at = ?, body = x'', batch = 'dropped' WHERE {where}",  # nosec B608
            (self._clock(), self._id, *values),
        )

    def _delivered(self, deliveries: Sequence[Delivery], told: int) -> None:
        with self._file.writing():
            self._close(deliveries)
            self._file.change(
                "UPDATE receivers SET delivered = delivered + ?, untold = max(untold - ?, 0), attempts = 0,"
                " next_at = 0, last_success = ?, last_error = '', last_error_at = NULL WHERE id = ?",
                (len(deliveries), told, self._clock(), self._id),
            )

    def _refused(self, deliveries: Sequence[Delivery], reason: str) -> None:
        with self._file.writing():
            self._close(deliveries)
            self._file.change(
                "UPDATE receivers SET refused = refused + ?, untold = untold + ?, attempts = 0, next_at = 0,"
                " last_error = ?, last_error_at = ? WHERE id = ?",
                (len(deliveries), len(deliveries), reason, self._clock(), self._id),
            )
        log.error("%s: refused %d messages for good: %s", self.receiver, len(deliveries), reason)

    def _later(self, reason: str, after: float | None) -> None:
        [(attempts,)] = self._file.rows("SELECT attempts + 1 FROM receivers WHERE id = ?", (self._id,))
        wait = wait_seconds(attempts, self._random, after)
        with self._file.writing():
            self._file.change(
                "UPDATE receivers SET attempts = ?, next_at = ?, last_error = ?, last_error_at = ? WHERE id = ?",
                (attempts, self._clock() + wait, reason, self._clock(), self._id),
            )
        log.warning("%s: not delivered, next attempt in %.0f s: %s", self.receiver, wait, reason)

    def _close(self, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            self._file.change(
                "UPDATE deliveries SET done_at = ?, body = x'' WHERE id = ?", (self._clock(), delivery.row)
            )


def _safe(reason: str) -> str:
    return redact(reason)[:MAX_ERROR_CHARACTERS]
