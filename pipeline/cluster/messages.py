"""What worker and supervisor tell each other, and what `glimpse cluster status` shows."""

import msgspec

from pipeline.settings.types import Settings


class SiteSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of all cameras. version: tells them from those before."""

    settings: Settings
    version: str


class CameraBeat(msgspec.Struct, frozen=True, kw_only=True):
    """How one camera of a worker fares. frames: since the worker's start."""

    state: str
    frames: int = 0
    frame_age: float | None = None


class Beat(msgspec.Struct, frozen=True, kw_only=True):
    """A worker's report.

    node: name of the worker, the same over restarts.  run: this process of it.  number: counts its beats, from 1.
    networks: labels of the networks that the node reaches.  cores: what it may use.
    held: cameras that it may still give events of, those that are about to end too.
    cpu_seconds: processor time of the process since its start.  latency_p99: seconds, None without a frame.
    address: where the worker publishes.  leaving: it ends, and takes no more cameras.  version: of its settings.
    """

    node: str
    run: str
    number: int
    networks: frozenset[str] = frozenset()
    cores: float = 1.0
    held: frozenset[str] = frozenset()
    cameras: dict[str, CameraBeat] = {}
    cpu_seconds: float = 0.0
    latency_p99: float | None = None
    address: str = ""
    leaving: bool = False
    version: str = ""


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a beat: run these cameras, for so many seconds after the beat was sent; 0: stop all at once.

    site: take up these settings first; None: the worker has the newest.
    """

    cameras: frozenset[str] = frozenset()
    lease_seconds: float = 0.0
    site: SiteSettings | None = None


class WorkerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One worker. load: processor cores that its cameras take.  heard: seconds since its last beat."""

    node: str
    run: str
    address: str
    networks: list[str]
    cores: float
    load: float
    slow: bool
    heard: float
    latency_p99: float | None
    cameras: dict[str, CameraBeat]


class ClusterStatus(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. unplaced: camera to why no worker runs it.  moves, losses: cameras moved, workers gone, so far.

    version: of the site's settings.
    """

    waiting: bool
    workers: list[WorkerStatus]
    unplaced: dict[str, str]
    moves: int
    losses: int
    faults: list[str] = []
    version: str = ""
