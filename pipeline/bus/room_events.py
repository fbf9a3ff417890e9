"""Numbers the events of a room beside the engine, and makes the heartbeat by which clients see what they missed."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Protocol, TypeVar

import msgspec

from pipeline.events import Event, HealthEvent, Message, topic_of
from pipeline.version import VERSION

E = TypeVar("E", bound=Message)

BEAT_SECONDS = 10.0
"""Between two heartbeats: so many that in a week they push no other event out of the outbox."""


class Outlet(Protocol):
    """What a room needs of `pipeline.bus.publisher.Publisher`."""

    def on_event(self, event: Event) -> None: ...

    def flush(self, timeout: float) -> bool: ...


class RoomEvents:
    """Used by one thread. node: the name of the room on the bus.  epoch: names this run; numbers start at 0 with it.

    clock: monotonic seconds.  wall: Unix seconds.
    """

    def __init__(
        self,
        node: str,
        epoch: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._node, self._epoch, self._clock, self._wall = node, epoch, clock, wall
        self._next: Counter[str] = Counter()
        self._begin = clock()
        self._last_beat = self._begin - BEAT_SECONDS

    def number(self, event: E) -> E:
        """The event as this run publishes it next on its topic."""
        name = topic_of(str(event.__struct_config__.tag), event.camera or self._node)
        return msgspec.structs.replace(event, node=self._node, epoch=self._epoch, seq=self._count(name))

    def beat(self) -> HealthEvent | None:
        """The heartbeat where one is due: at once, and every BEAT_SECONDS."""
        now = self._clock()
        if now - self._last_beat < BEAT_SECONDS:
            return None
        self._last_beat = now
        return HealthEvent(
            node=self._node,
            epoch=self._epoch,
            camera="",
            seq=self._count(topic_of("health", self._node)),
            wall_time=round(self._wall(), 6),
            uptime=round(now - self._begin, 3),
            version=VERSION,
            people=0,
            latency_p50=None,
            latency_p99=None,
            cameras={},
            last_seq={name: count - 1 for name, count in sorted(self._next.items())},
        )

    def _count(self, name: str) -> int:
        self._next[name] += 1
        return self._next[name] - 1
