"""What waits to be published by a recorder, for tests to look at."""

from pipeline.events import PersonEvent, decode
from pipeline.history.database import Database
from pipeline.history.person_events import QueuedEvent


def queued_person_events(database: Database, *, limit: int) -> list[QueuedEvent]:
    """The oldest events that wait, at most so many, taken or not."""
    found = []
    for number, body in database.rows("SELECT id, body FROM person_queue ORDER BY id LIMIT ?", (limit,)):
        event = decode(bytes(body))
        assert isinstance(event, PersonEvent)
        found.append(QueuedEvent(number, event))
    return found
