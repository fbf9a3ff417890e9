"""Which process may still give events of a camera: only when nobody may, another one gets it."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass
class Holder:
    """run: a process of a worker.  until: when its lease has surely ended, in monotonic seconds of the supervisor."""

    node: str
    run: str
    until: float


class Holders:
    """By camera."""

    def __init__(self) -> None:
        self._holders: dict[str, Holder] = {}

    def node_of(self, camera: str, now: float) -> str | None:
        """The node that may run it; None for nobody."""
        holder = self._holders.get(camera)
        return holder.node if holder and holder.until > now else None

    def take(self, camera: str, run: str, node: str, *, now: float, until: float) -> bool:
        """Give a camera to a process, or lengthen that; False while another process may run it."""
        holder = self._holders.get(camera)
        if holder and holder.run != run and holder.until > now:
            return False
        self._holders[camera] = Holder(node, run, until)
        return True

    def report(self, run: str, node: str, held: Iterable[str], *, until: float) -> None:
        """A process says what it still holds: the rest of what it had is free, and this stays its own so long."""
        held = frozenset(held)
        for camera in self.of(run) - held:
            del self._holders[camera]
        for camera in held:
            holder = self._holders.setdefault(camera, Holder(node, run, until))
            if holder.run == run:
                holder.until = until

    def of(self, run: str) -> frozenset[str]:
        """The cameras of a process."""
        return frozenset(camera for camera, holder in self._holders.items() if holder.run == run)
