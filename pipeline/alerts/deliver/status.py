"""Reads how deliveries stand, for the page and the metrics, from a file that another process writes."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from pipeline.alerts.deliver.file import DeliveryFile


class ReceiverStatus(msgspec.Struct, frozen=True):
    """How deliveries to one receiver stand. Times are Unix seconds; null: never. last_error: without secrets.

    dropped: too old, too many, or lost before they came here.  refused: those the receiver will never take.
    """

    receiver: str
    pending: int
    delivered: int
    dropped: int
    refused: int
    attempts: int
    next_at: float | None
    last_success: float | None
    last_error: str
    last_error_at: float | None


def read_status(path: Path) -> Sequence[ReceiverStatus]:
    """The receivers of a process in the order in which they were configured. Raises like `DeliveryFile`."""
    with DeliveryFile(path) as file:
        rows = file.rows(
            "SELECT name, (SELECT count(*) FROM deliveries WHERE receiver = receivers.id AND done_at IS NULL),"
            " delivered, dropped, refused, attempts, nullif(next_at, 0), last_success, last_error, last_error_at"
            " FROM receivers ORDER BY id"
        )
    return [ReceiverStatus(*row) for row in rows]
