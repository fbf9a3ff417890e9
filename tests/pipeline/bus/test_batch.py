"""How much is taken from a bus at once, and how long that waits."""

from pipeline.bus.batch import take_batch
from pipeline.bus.position import Item, Position
from tests.synthetic.events import track


class Bus:
    is_settled = True
    position = Position("e", {})

    def __init__(self, count: int) -> None:
        self.items: list[Item] = [track(seq) for seq in range(count)]
        self.waits: list[float | None] = []

    def receive(self, timeout: float | None = None) -> Item | None:
        self.waits.append(timeout)
        return self.items.pop(0) if self.items else None


def test_only_the_first_is_waited_for() -> None:
    bus = Bus(3)
    assert len(take_batch(bus, most=10, wait=0.5)) == 3
    assert bus.waits == [0.5, 0.0, 0.0, 0.0]


def test_a_batch_has_its_limit_and_the_rest_stays() -> None:
    bus = Bus(5)
    assert [len(take_batch(bus, most=3, wait=0.5)) for _ in range(3)] == [3, 2, 0]
