"""Numbers the events: who said it, in which run, and the how-manieth of its kind for its camera."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pipeline.events import Message, topic_of

E = TypeVar("E", bound=Message)


@dataclass
class EventFactory:
    """Makes events with their envelope filled in; one per process, used by the engine's thread only."""

    node: str
    epoch: str
    _next: Counter[str] = field(default_factory=Counter)

    def make(self, kind: type[E], camera: str, wall_time: float, **fields: Any) -> E:
        """Build one event of `kind` for `camera` ("" for the node itself) and count it."""
        key = topic_of(str(kind.__struct_config__.tag), camera or self.node)
        seq = self._next[key]
        self._next[key] += 1
        return kind(node=self.node, epoch=self.epoch, camera=camera, seq=seq, wall_time=round(wall_time, 6), **fields)

    @property
    def last_seq(self) -> dict[str, int]:
        """The last number given out per topic."""
        return {key: count - 1 for key, count in sorted(self._next.items())}
