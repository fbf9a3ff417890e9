"""Keeps a part of the process going while the store takes nothing: its disk is full, or its server is away."""

import logging
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

FIRST_RETRY_SECONDS, MAX_RETRY_SECONDS = 0.2, 15.0


class StoreHealth:
    """What keeps each part from the store. Any thread may tell and ask."""

    def __init__(self) -> None:
        self._errors: dict[str, str] = {}

    def errors(self) -> dict[str, str]:
        """By part; empty where nothing is wrong."""
        return dict(self._errors)

    def failed(self, part: str, error: OSError) -> None:
        """A part could not read or write; each new reason is logged once."""
        text = str(error)
        if self._errors.get(part) != text:
            log.error("collect: %s waits, acknowledges nothing, and is tried again: %s", part, text)
        self._errors[part] = text

    def works(self, part: str) -> None:
        """A part could write."""
        if self._errors.pop(part, None) is not None:
            log.warning("collect: %s goes on; the store takes entries again", part)


def lasting(
    part: str,
    work: Callable[[], None],
    wait: Callable[[float], bool],
    health: StoreHealth,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Call `work` again after each OSError, until it returns or `wait`, which waits so many seconds, says so.

    work: begins with what is stored, so that nothing is lost that it had in its hands.  clock: monotonic seconds.
    """
    retry = FIRST_RETRY_SECONDS
    while True:
        began = clock()
        try:
            return work()
        except OSError as error:
            health.failed(part, error)
        if clock() - began > MAX_RETRY_SECONDS:
            retry = FIRST_RETRY_SECONDS  # it worked in between
        if wait(retry):
            return
        retry = min(2 * retry, MAX_RETRY_SECONDS)
