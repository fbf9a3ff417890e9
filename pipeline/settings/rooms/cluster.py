"""Section `cluster`: cameras spread over several machines, read by `glimpse cluster` alone."""

from typing import Annotated

from msgspec import Meta

from configs.fields import FilePath, Unit
from pipeline.settings.section import Seconds, Section


class ClusterSettings(Section, frozen=True, kw_only=True):
    """Workers on Ray (docs/scaling.md)."""

    folder: Annotated[
        FilePath,
        Meta(
            description="folder on every node for what its worker keeps: FOLDER/NODE/outbox.db, and its socket; empty: "
            "no cluster"
        ),
    ] = ""
    bind: Annotated[
        str,
        Meta(
            description="ZeroMQ address that each worker publishes on; {node} stands for the node's name; auto: "
            "ipc://FOLDER/{node}/bus. An address beyond the machine needs events.curve"
        ),
    ] = "auto"
    lease_seconds: Annotated[
        Seconds,
        Meta(
            ge=1,
            le=60,
            description="a worker that has not heard the supervisor for so long stops its cameras; only then may "
            "another one run them",
        ),
    ] = 4.0
    beat_seconds: Annotated[
        Seconds, Meta(ge=0.1, le=10, description="time between two reports of a worker to the supervisor")
    ] = 0.5
    settle_seconds: Annotated[
        Seconds,
        Meta(
            ge=1,
            le=3600,
            description="time without a change of the nodes before cameras move for balance, and between such moves",
        ),
    ] = 30.0
    slow_seconds: Annotated[
        Seconds,
        Meta(
            gt=0,
            le=60,
            description="99th percentile of a worker's latency that counts as slow; a worker that stays slow gives "
            "cameras away",
        ),
    ] = 2.0
    object_store_mb: Annotated[
        int,
        Meta(
            ge=75,
            le=65536,
            description="memory of Ray's object store on a machine that starts Ray; frames are never in it",
        ),
        Unit("MB"),
    ] = 80
