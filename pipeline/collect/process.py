"""The process of `glimpse collect`: gathers and passes on, each in a thread of its own, until it is told to stop."""

from collections.abc import Callable
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Literal

from configs.postgres.address import is_postgres
from configs.read import ConfigurationError
from pipeline.alerts.deliver.threads import Threads
from pipeline.bus.address import check_connect
from pipeline.bus.client import Subscriber
from pipeline.bus.position import StartFrom
from pipeline.collect.bridges.bridge import Bridge
from pipeline.collect.bridges.jetstream import JetStream
from pipeline.collect.bridges.redis_stream import RedisStream
from pipeline.collect.bridges.target import Target
from pipeline.collect.database import open_collection
from pipeline.collect.gather import Gathering
from pipeline.collect.lasting import StoreHealth, lasting
from pipeline.collect.retention import StreamRetention
from pipeline.collect.store import StreamWriter
from pipeline.settings.rooms.collect import CollectSettings

BRIDGES = ("redis", "nats")
GATHER = "gather"
Part = Literal["all", "nodes", "redis", "nats"]
NEVER = float("inf")  # gives nothing up while a node is silent: its outbox decides what is lost


class CollectProcess:
    """Everything of one process. only: one part alone, for a process of its own.

    place: of the store.  health: what keeps each part from it.

    Raises ConfigurationError for settings that cannot be right, ValueError where a client is not installed.
    """

    def __init__(self, settings: CollectSettings, *, only: Part = "all") -> None:
        self._settings = settings
        if not settings.file:
            raise ConfigurationError("collect.file: expected an SQLite file or a postgresql:// address, got nothing")
        self._gathers = only in ("all", "nodes")
        if self._gathers:
            _check_nodes(settings)
        self._targets = _targets(settings, only)
        self.place, self.health = settings.file, StoreHealth()

    @property
    def parts(self) -> list[str]:
        """Names of what runs here."""
        return [*([GATHER] * self._gathers), *(target.name for target in self._targets)]

    def run(self, stop: Callable[[], bool]) -> None:
        """Run until `stop` says so. Raises ValueError of the store, and OSError where it is new or in PostgreSQL and
        cannot be opened now."""
        if is_postgres(self.place) or not Path(self.place).exists():
            open_collection(self.place, create=True).close()  # once, before several threads find nothing there
        threads = Threads()
        wait = threads.stopping.wait
        works = dict.fromkeys([GATHER] * self._gathers, partial(self._gather, threads.stopping.is_set))
        works |= {target.name: partial(self._pass_on, target, wait) for target in self._targets}
        for part, work in works.items():
            threads.start(part, partial(lasting, part, work, wait, self.health))
        threads.wait(stop)

    def _gather(self, stop: Callable[[], bool]) -> None:
        settings = self._settings
        with ExitStack() as stack:
            database = stack.enter_context(closing(open_collection(settings.file, create=True)))
            writer = StreamWriter(database)
            buses = {}
            for address in settings.nodes:
                start: StartFrom = writer.position(address) or "replay"
                subscriber = Subscriber(
                    address, topics=settings.topics, start=start, curve=settings.curve, patience=NEVER
                )
                buses[address] = stack.enter_context(subscriber)
            retention = StreamRetention(
                database,
                days=settings.keep_days,
                megabytes=settings.keep_mb,
                bridges=[name for name in BRIDGES if getattr(settings, name).server],
            )
            works = partial(self.health.works, GATHER)
            Gathering(buses, writer, retention, consumer=settings.name, works=works).run(stop)

    def _pass_on(self, target: Target, wait: Callable[[float], bool]) -> None:
        with closing(target), closing(open_collection(self._settings.file, create=True)) as database:
            Bridge(database, target, works=partial(self.health.works, target.name)).run(wait)


def _check_nodes(settings: CollectSettings) -> None:
    if not settings.nodes:
        raise ConfigurationError("collect.nodes: expected addresses such as tcp://door:5556, got none")
    if len(set(settings.nodes)) < len(settings.nodes):
        raise ConfigurationError("collect.nodes: expected each address once, got one twice")
    for address in settings.nodes:
        try:
            check_connect(address)
        except ValueError as error:
            raise ConfigurationError(f"collect.nodes: {error}") from None


def _targets(settings: CollectSettings, only: Part) -> list[Target]:
    targets: list[Target] = []
    if settings.redis.server and only in ("all", "redis"):
        targets.append(RedisStream(settings.redis))
    if settings.nats.server and only in ("all", "nats"):
        targets.append(JetStream(settings.nats))
    if only in ("redis", "nats") and not targets:
        raise ConfigurationError(f"collect.{only}.server: expected HOST or HOST:PORT, got none")
    return targets
