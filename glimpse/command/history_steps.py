"""What a recorder does beside recording: group unknown people, and publish `person` events or bound their queue."""

import logging
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager

from pipeline.bus.publisher import Publisher
from pipeline.epoch import new_epoch
from pipeline.history.database import Database
from pipeline.history.groups.grouper import Grouper
from pipeline.history.groups.nightly import Nightly
from pipeline.history.person_publisher import PersonPublisher
from pipeline.history.person_queue_limit import PersonQueueLimit
from pipeline.settings.rooms.history import HistorySettings
from recognizer.open_links import open_links

log: logging.Logger = logging.getLogger(__name__)

Step = Callable[[Collection[int]], None]
NONE = "none"


@contextmanager
def open_steps(
    database: Database, settings: HistorySettings, *, unknowns: bool, node: str, recognizer: str
) -> Iterator[list[Step]]:
    """The steps that `record` takes after each batch.

    unknowns: group people who are not enrolled.  node: whose events these are.  recognizer: family that the node uses.
    Raises ValueError for an address that cannot be bound, and OSError for an outbox that cannot be opened.
    """
    steps = list(_grouping(database, settings, recognizer)) if unknowns else []
    if settings.bind == NONE:
        yield [*steps, PersonQueueLimit(database).step]
        return
    name, epoch = f"{node or 'glimpse'}.history", new_epoch()
    with closing(Publisher(settings.bind, node=name, epoch=epoch, outbox=settings.outbox)) as publisher:
        persons = PersonPublisher(database, publisher, node=name, epoch=epoch)
        yield [*steps, lambda _: persons.step()]


def _grouping(database: Database, settings: HistorySettings, recognizer: str) -> Iterator[Step]:
    links = open_links(recognizer)
    if links is None:
        log.warning(
            "history: unknown people are not grouped: for that the recogniser has to be tiny, base, large or embedded"
        )
        return
    grouper = Grouper(database, links, false_link=settings.false_link)
    nightly = Nightly(database, links, false_link=settings.false_link, at=settings.recluster_at, changed=grouper.forget)
    yield grouper.step
    yield nightly.step
