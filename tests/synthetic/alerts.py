"""Alerts, a bus that publishes them, and the files of those who deliver them."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from pipeline.alerts.deliver.status import ReceiverStatus, read_status
from pipeline.bus.publisher import Publisher
from pipeline.events import AlertAction, AlertEvent
from tests.synthetic.events import health, until

NODE, EPOCH = "node.alerts", "a1"
JPEG = b"\xff\xd8 a small picture, sixty-four bytes or more, so that it is found again \xff\xd9"


def alert(seq: int, *, at: float, epoch: str = EPOCH, **fields: Any) -> AlertEvent:
    """An alert about Ada at the door. at: Unix seconds."""
    values: dict[str, Any] = {
        "camera": "door",
        "alert": f"alert-{seq}",
        "action": AlertAction.RAISED,
        "rule": "couriers",
        "text": f"Ada at the door, number {seq}.",
        "of_node": "node",
        "of_epoch": "e1",
        "track": 7,
        "person": "Ada",
        "group": None,
        "false_alarm": 0.001,
        "face_px": 21.5,
        "crop": JPEG,
    }
    return AlertEvent(node=NODE, epoch=epoch, seq=seq, wall_time=at, **{**values, **fields})


@contextmanager
def alerts_bus(folder: Path, *, bind: str = "tcp://127.0.0.1:*", epoch: str = EPOCH) -> Iterator[Publisher]:
    """A process of the alerts, with an outbox."""
    with closing(Publisher(bind, node=NODE, epoch=epoch, outbox=str(folder / "alerts-outbox.db"))) as publisher:
        yield publisher


class Beats:
    """The heartbeats of the alerts, which tell a client what it has missed."""

    def __init__(self, bus: Publisher, *, epoch: str = EPOCH) -> None:
        self._bus, self._epoch, self._seqs = bus, epoch, itertools.count()

    def wait(self, condition: Callable[[], bool], last: int, *, seconds: float = 15.0) -> None:
        """Beat until a condition holds. last: seq of the last alert at the door."""

        def beat() -> None:
            found = health(next(self._seqs), {"v1/alert/door/": last}, epoch=self._epoch)
            self._bus.on_event(msgspec.structs.replace(found, node=NODE))

        until(condition, poke=beat, seconds=seconds)


def status_of(path: Path, receiver: str) -> ReceiverStatus | None:
    """How deliveries to a receiver stand; None before there is one."""
    try:
        return next((status for status in read_status(path) if status.receiver == receiver), None)
    except (FileNotFoundError, ValueError):  # it has no tables yet
        return None
