"""The process that raises alerts: takes from the bus, judges, keeps and publishes, until it is told to stop."""

import time
from collections.abc import Callable, Mapping, Sequence
from queue import SimpleQueue

from pipeline.alerts.database import Database
from pipeline.alerts.judge import Judge
from pipeline.alerts.memory import Memory
from pipeline.alerts.outgoing import AlertPublisher
from pipeline.alerts.rules.make import make_rules
from pipeline.alerts.rules.rule import Rule
from pipeline.alerts.store import AlertStore
from pipeline.bus.batch import Bus, take_batch
from pipeline.bus.outbox.age_bound import AgeBound
from pipeline.bus.position import Item, Position
from pipeline.settings.rooms.alerts import AlertSettings

BATCH_ITEMS = 1000
WAIT_SECONDS = 0.1
TICK_SECONDS = 1.0
PRUNE_SECONDS = 3600.0


class Alerts:
    """Everything of one process but its sockets.

    clock: Unix seconds.  steady: seconds that never jump. Raises like `make_rules` and `Database`.
    """

    def __init__(
        self,
        settings: AlertSettings,
        database: Database,
        *,
        clock: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._database, self._clock, self._steady = settings, database, clock, steady
        self._next: SimpleQueue[tuple[AlertSettings, Sequence[Rule]]] = SimpleQueue()
        self._memory = Memory(database)
        self.store = AlertStore(database)
        rules = make_rules(settings, self._memory.subjects)
        self._judge = Judge(rules, self._memory, self.store, max_age=settings.max_age_seconds, clock=clock)
        self._pruned = 0.0
        self._age = AgeBound(0.0)
        self._age.start(min(clock(), self.store.newest or clock()))

    def take_up(self, settings: AlertSettings) -> None:
        """Judge by other rules from the next step on; another thread may call it. Files and addresses stay.

        Raises ConfigurationError for rules that cannot be used; then nothing changes.
        """
        self._next.put((settings, make_rules(settings, self._memory.subjects)))

    def position(self, stream: str) -> Position | None:
        """After which event a stream goes on; None for a new one."""
        return self._memory.position(stream)

    def listen(self, streams: Sequence[str]) -> None:
        """Watch over the heartbeats of nodes; `add` and `tick` go by the same names."""
        with self._database.writing():
            for stream in streams:
                self._judge.listen(stream)
            self._memory.save(self._clock())

    def step(
        self,
        items: Mapping[str, Sequence[Item]],
        positions: Mapping[str, Position],
        *,
        current: Sequence[str] | None = None,
    ) -> None:
        """Judge what has come, in one transaction with the positions behind it.

        current: names of the streams of which all has arrived, where a second has passed; None: none has.
        Raises like `Database`; what is in memory is of no use then.
        """
        with self._database.writing():
            self._memory.load_if_changed()
            self._use_next()
            for stream, found in items.items():
                self._judge.add(stream, found)
            if current is not None:
                self._judge.tick(current)
                self._age.note(self._clock(), self._steady())
            for stream, position in positions.items():
                self._memory.put_position(stream, position)
            self._memory.save(self._clock())
        if abs(self._clock() - self._pruned) > PRUNE_SECONDS:
            self._prune()

    def _use_next(self) -> None:
        while not self._next.empty():
            self._settings, rules = self._next.get()
            self._judge.replace_rules(rules, self._settings.max_age_seconds)

    def _prune(self) -> None:
        self._pruned = self._clock()
        with self._database.writing():
            self.store.prune(self._age.oldest, self._settings.keep_days)
            self._memory.load()


def run_alerts(
    alerts: Alerts,
    buses: Mapping[str, Bus],
    publisher: AlertPublisher | None,
    *,
    stop: Callable[[], bool],
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Run until `stop` says so. clock: monotonic seconds. Raises like `Alerts.step`."""
    next_tick, wait = clock(), WAIT_SECONDS / len(buses)
    while not stop():
        taken = {name: take_batch(bus, most=BATCH_ITEMS, wait=wait) for name, bus in buses.items()}
        items = {name: found for name, found in taken.items() if found}
        positions = {name: buses[name].position for name in items if buses[name].is_settled}
        is_due = clock() >= next_tick
        if is_due:
            next_tick = clock() + TICK_SECONDS
        if items or is_due:
            current = [name for name, bus in buses.items() if len(items.get(name, ())) < BATCH_ITEMS and bus.is_settled]
            alerts.step(items, positions, current=current if is_due else None)
        if publisher:
            publisher.step(alerts.store)
        elif is_due:
            _discard_outgoing(alerts.store)


def _discard_outgoing(store: AlertStore) -> None:
    """Nobody is told over the bus; the file of alerts says the same."""
    if waiting := store.outgoing():
        with store.database.writing():
            store.remove_outgoing(waiting[-1][0])
