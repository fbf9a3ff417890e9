"""The one stream of many nodes (`collect.file`): its events lose the name as those of an outbox do."""

from pipeline.collect.schema import KIND
from pipeline.erase.outbox import OutboxStore


class CollectionStore(OutboxStore):
    """A stream in an SQLite file, also one that a collector is writing."""

    kind = KIND.noun
    application_id = KIND.application_id
