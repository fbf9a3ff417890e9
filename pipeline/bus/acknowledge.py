"""Finds the row of an outbox up to which a consumer has everything, from the position that it acknowledges."""

from collections.abc import Sequence

from pipeline.bus.messages import AcknowledgeRequest
from pipeline.bus.outbox import IdentifiedRow, OutboxReader, Query


def acknowledged_row(
    request: AcknowledgeRequest, reader: OutboxReader, waiting: Sequence[IdentifiedRow], *, before: int
) -> int:
    """The row before the first one that the consumer lacks; 0 for a consumer that has nothing yet.

    before: what it acknowledged earlier, so that the file is not read from its start. waiting: as in `OutboxReader`.
    Raises sqlite3.Error.
    """
    if not request.epoch:
        return 0
    newest = reader.newest_row()  # first: what comes after that is not acknowledged
    first = [
        rows[0].id
        for prefix in request.topics
        if (rows := reader.read(Query(topic=prefix, since=request.epoch, seen=request.seen, after=before), 1, waiting))
    ]
    return min([newest, *(row - 1 for row in first)])
