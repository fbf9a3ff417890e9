"""Queues `person` events in the transaction that makes them true; the recorder publishes them afterwards.

Several processes change who a track is: the recorder, the page, commands. Only the recorder publishes. A queued event
is deleted when it is published and stored in the outbox, so that a killed process may double it, and never loses it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec

from pipeline.events import PersonAction, PersonEvent, decode, encode
from pipeline.history.database import Database
from pipeline.history.groups.group_name import group_name


class QueuedEvent(msgspec.Struct, frozen=True):
    """A `person` event that waits. event: without epoch and seq, and without the node that publishes it."""

    id: int
    event: PersonEvent


def queue_person_event(
    database: Database,
    action: PersonAction,
    *,
    track: int,
    at: float,
    group: int | None = None,
    previous_group: int | None = None,
    person: str | None = None,
    tracks: int = 0,
    chance: float | None = None,
    first_seen: float | None = None,
) -> None:
    """Queue an event within the current write transaction; nothing where there is no such track.

    track: its row in the history.  at: Unix seconds of the change.  group, previous_group: their numbers.
    tracks, first_seen: of the group.  chance: that a stranger's track would be put there too; None where told.
    """
    found = database.rows(
        "SELECT epochs.node, epochs.name, camera, number FROM tracks JOIN epochs ON epochs.id = tracks.epoch"
        " WHERE tracks.id = ?",
        (track,),
    )
    for of_node, of_epoch, camera, number in found:
        event = PersonEvent(
            node="",
            epoch="",
            camera=camera,
            seq=0,
            wall_time=round(at, 6),
            of_node=of_node,
            of_epoch=of_epoch,
            track=number,
            action=action,
            group=None if group is None else group_name(group),
            previous_group=None if previous_group is None else group_name(previous_group),
            person=person,
            tracks=tracks,
            chance=None if chance is None else float(f"{chance:.3g}"),
            first_seen=first_seen,
        )
        database.change("INSERT INTO person_queue (body) VALUES (?)", (encode(event),))


def queue_name_event(database: Database, action: PersonAction, *, person: str, previous_person: str, at: float) -> None:
    """Queue an event about two names, within the current write transaction. at: Unix seconds of the change."""
    event = PersonEvent(
        node="",
        epoch="",
        camera="",
        seq=0,
        wall_time=round(at, 6),
        of_node="",
        of_epoch="",
        track=None,
        action=action,
        group=None,
        person=person,
        previous_person=previous_person,
    )
    database.change("INSERT INTO person_queue (body) VALUES (?)", (encode(event),))


@contextmanager
def taken_person_events(database: Database, *, limit: int) -> Iterator[list[QueuedEvent]]:
    """The oldest events that wait and that no other recorder has taken, at most so many.

    Within the block they are this process's alone: `delete_queued` is called there, or they wait on.
    """
    with database.taking("SELECT id, body FROM person_queue ORDER BY id LIMIT ?", (limit,)) as rows:
        events = [(number, decode(bytes(body))) for number, body in rows]
        yield [QueuedEvent(number, event) for number, event in events if isinstance(event, PersonEvent)]


def delete_queued(database: Database, events: Sequence[QueuedEvent]) -> None:
    """Delete these events, within the block that took them."""
    for one in events:
        database.change("DELETE FROM person_queue WHERE id = ?", (one.id,))
