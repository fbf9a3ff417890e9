"""A program that subscribes with the shipped client, keeps its position, and crawls, dies and comes back."""

from pipeline.bus.client import Subscriber
from pipeline.bus.position import StartFrom
from tests.simulation.audit import Audit, Ledger
from tests.simulation.wire import Wire

UNHURRIED = 100_000  # items a turn: all there are


class Consumer:
    """items_per_turn: how many it takes each time; few when it crawls."""

    def __init__(self, name: str, number: int, *, joins: str, wire: Wire, audit: Audit) -> None:
        """joins: the run whose state it begins with; empty: it begins with all that is stored."""
        self.ledger = Ledger(name, joins)
        self.items_per_turn = UNHURRIED
        self._start: StartFrom = "snapshot" if joins else "replay"
        self._wire, self._number, self._audit = wire, number, audit
        self.link = wire.link(number)
        self._subscriber: Subscriber | None = None
        self.open()

    @property
    def is_unhurried(self) -> bool:
        """Whether it takes all there is."""
        return self.items_per_turn == UNHURRIED

    def open(self) -> None:
        """Begin, or come back and go on after the last item received."""
        if self._subscriber is None:
            address = self._wire.address(self._number)
            self._subscriber = Subscriber(address, start=self._start, clock=self._wire.clock.monotonic)

    def close(self) -> None:
        """Die; what was not received is received later."""
        if self._subscriber:
            self._subscriber.close()
            self.link.close()
        self._subscriber = None

    def take(self) -> bool:
        """Receive what there is, as much as it takes in one turn; whether anything came."""
        if self._subscriber is None:
            return False
        taken = 0
        while taken < self.items_per_turn and self._receive(self._subscriber):
            taken += 1
        return taken > 0

    def _receive(self, subscriber: Subscriber) -> bool:
        item = subscriber.receive(0)
        if item is None:
            return False
        self._audit.receive(self.ledger, item)
        position = subscriber.position
        self._start = position if position.epoch else self._start
        return True
