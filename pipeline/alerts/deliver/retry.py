"""When to try again: exponential back-off with jitter, so that many senders do not come back at one moment."""

from collections.abc import Callable

FIRST_SECONDS = 1.0
MAX_SECONDS = 300.0
MAX_ASKED_SECONDS = 3600.0
"""The longest wait that a receiver may ask for."""


def wait_seconds(attempts: int, random: Callable[[], float], asked: float | None = None) -> float:
    """Seconds until the next attempt: between half and all of 1, 2, 4 … 300; at least what the receiver asked for.

    attempts: failed in a row, from 1.  random: a number from 0 to 1.
    """
    longest = min(FIRST_SECONDS * 2.0 ** min(attempts - 1, 30), MAX_SECONDS)
    return max(longest * (0.5 + random() / 2), min(asked or 0.0, MAX_ASKED_SECONDS))
