"""Decides what goes into the next mail: one alert, or, where there are many, all that have gathered."""

import time
from collections.abc import Callable

from pipeline.alerts.deliver.pending import Delivery, Pending
from pipeline.alerts.deliver.receiver import IDLE_SECONDS
from pipeline.settings.rooms.deliveries import MailSettings

MAX_ALERTS = 100


class Digest:
    """Where more than `digest_after` alerts would come within `digest_minutes`, they wait that long and come as one.

    So does what could not be sent for so long. clock: Unix seconds.
    """

    def __init__(self, settings: MailSettings, *, clock: Callable[[], float] = time.time) -> None:
        self._after, self._seconds, self._clock = settings.digest_after, settings.digest_minutes * 60, clock

    def choose(self, pending: Pending) -> tuple[list[Delivery], float]:
        """What to send now, joined under one id that a retry keeps; or nothing, and the seconds until there may be."""
        waiting = pending.head(MAX_ALERTS)
        if not waiting or waiting[0].batch:
            return waiting, IDLE_SECONDS
        left = self._seconds - (self._clock() - waiting[0].added_at)
        if left <= 0:
            return self._join(pending, waiting)
        if pending.count_sent(self._clock() - self._seconds) + len(waiting) > self._after:
            return [], min(left, self._seconds)
        return self._join(pending, waiting[:1])

    def _join(self, pending: Pending, chosen: list[Delivery]) -> tuple[list[Delivery], float]:
        batch = chosen[0].key if len(chosen) == 1 else f"{chosen[0].key}_{len(chosen)}"
        pending.join(chosen, batch)
        return pending.head(MAX_ALERTS), IDLE_SECONDS
