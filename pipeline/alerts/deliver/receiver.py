"""Sends to one receiver what waits for it, in order; each receiver has a thread, so that none holds up another."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.alerts.deliver.outcome import Outcome
from pipeline.alerts.deliver.pending import Delivery, Pending

log = logging.getLogger(__name__)

IDLE_SECONDS = 30.0
"""Between two looks at the age of what waits, while nothing comes."""
FAILING_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent at once. id: the same for every attempt.  untold: messages dropped since the receiver last heard."""

    id: str
    deliveries: Sequence[Delivery]
    untold: int


Send = Callable[[Message], Outcome]
Choose = Callable[[Pending], tuple[list[Delivery], float]]
"""What to send next, and the seconds until there may be something where that is nothing."""


def one_by_one(pending: Pending) -> tuple[list[Delivery], float]:
    """The oldest message that waits."""
    return pending.head(1), IDLE_SECONDS


class Receiver:
    """The loop of one receiver. open_pending: called in the thread that runs it."""

    def __init__(self, open_pending: Callable[[], Pending], send: Send, *, choose: Choose = one_by_one) -> None:
        self._open, self._send, self._choose = open_pending, send, choose
        self._changed = threading.Condition()
        self._is_woken = self._is_stopped = False

    def wake(self) -> None:
        """Say that something may wait now; from any thread."""
        with self._changed:
            self._is_woken = True
            self._changed.notify_all()

    def stop(self) -> None:
        """End `run` after the attempt that is being made; from any thread."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()

    def run(self) -> None:
        """Send until stopped. Raises ValueError for a file that cannot be used."""
        pending = self._open()
        while not self._is_stopped:
            try:
                seconds = self.step(pending)
            except OSError as error:  # a full disk: what was sent may be sent again, under the same id
                log.error("%s: %s", pending.receiver, error)
                seconds = FAILING_SECONDS
            self._wait(seconds)

    def step(self, pending: Pending) -> float:
        """Send what is due; returns the seconds until something may be."""
        pending.drop_beyond_bounds()
        if (left := pending.seconds_left()) > 0:
            return left
        deliveries, wait = self._choose(pending)
        if not deliveries:
            return wait
        untold = pending.untold()
        message = Message(deliveries[0].batch or deliveries[0].key, deliveries, untold)
        pending.note(deliveries, self._send(message), told=untold)
        return pending.seconds_left()

    def _wait(self, seconds: float) -> None:
        """Wait, but for what is not due a wake changes nothing: `step` then says again how long."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_woken or self._is_stopped, timeout=seconds)
            self._is_woken = False
