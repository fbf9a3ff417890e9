"""Takes what has arrived from a bus as one batch, for rooms that store a batch in a transaction."""

from typing import Protocol

from pipeline.bus.position import Item, Position


class Bus(Protocol):
    """What a room needs of `pipeline.bus.client.Subscriber`."""

    @property
    def position(self) -> Position: ...

    @property
    def is_settled(self) -> bool: ...

    def receive(self, timeout: float | None = None) -> Item | None: ...


def take_batch(bus: Bus, *, most: int, wait: float) -> list[Item]:
    """What has arrived, or arrives within `wait` seconds; at most so many items."""
    items: list[Item] = []
    while len(items) < most and (item := bus.receive(0.0 if items else wait)) is not None:
        items.append(item)
    return items
