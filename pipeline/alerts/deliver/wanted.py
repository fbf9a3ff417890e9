"""Which alerts a receiver gets, and under which ids."""

import hashlib

from pipeline.alerts.deliver.backlog import NewDelivery
from pipeline.events import AlertAction, AlertEvent, Event, encode, topic
from pipeline.settings.rooms.deliveries import Wanted

ID_DIGITS = 32


def delivery_id(event: Event, receiver: str) -> str:
    """The same id for an event and receiver whenever it is made: letters, digits and an underscore."""
    what = "\0".join((event.node, event.epoch, topic(event), str(event.seq), receiver))
    return f"msg_{hashlib.sha256(what.encode()).hexdigest()[:ID_DIGITS]}"


def is_wanted(alert: AlertEvent, wanted: Wanted) -> bool:
    """Whether a receiver is to be told of this, its pace left aside."""
    return (
        alert.action in wanted.actions
        and alert.level >= wanted.min_level
        and (not wanted.rules or alert.rule in wanted.rules)
        and (not wanted.cameras or alert.camera in wanted.cameras)
        and (not wanted.people or alert.person in wanted.people)
    )


def delivery_of(alert: AlertEvent, receiver: str, wanted: Wanted) -> NewDelivery | None:
    """What a receiver gets of an alert; None where it does not want it."""
    if not is_wanted(alert, wanted):
        return None
    is_raised = alert.action == AlertAction.RAISED
    # A rule may be called like somebody, and outlives an erasure here: only its digest is stored.
    rule = hashlib.sha256(f"{alert.action}\0{alert.rule}".encode()).hexdigest()[:ID_DIGITS]
    return NewDelivery(
        receiver=receiver,
        key=delivery_id(alert, receiver),
        body=encode(alert),
        event_time=alert.wall_time,
        rule=rule,
        min_seconds=wanted.min_seconds if is_raised else 0.0,
    )
