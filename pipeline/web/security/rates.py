"""Limits of how often something may be done, in bounded memory."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

MAX_KEYS = 10_000
State = TypeVar("State")


class RecentKeys(Generic[State]):
    """A state of each key, of the keys used last: under a flood of addresses the oldest are forgotten."""

    def __init__(self, make: Callable[[], State], max_keys: int = MAX_KEYS) -> None:
        self._make = make
        self._max_keys = max_keys
        self._states: OrderedDict[str, State] = OrderedDict()

    def __len__(self) -> int:
        return len(self._states)

    def use(self, key: str) -> State:
        """The state of a key, new where it is not known."""
        state = self._states.pop(key, None)
        self._states[key] = state = self._make() if state is None else state
        if len(self._states) > self._max_keys:
            self._states.popitem(last=False)
        return state

    def forget(self, key: str) -> None:
        """Remove a key, if it is known."""
        self._states.pop(key, None)


@dataclass
class _Tokens:
    left: float
    at: float


class RateLimit:
    """A token bucket for each key: `per_minute` on average, half of that at once. clock: monotonic seconds."""

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second, self._burst = per_minute / 60, max(per_minute / 2, 1.0)
        self._clock = clock
        self._tokens = RecentKeys(lambda: _Tokens(self._burst, clock()))

    def wait_seconds(self, key: str) -> float:
        """0 if it may be done now, and it counts; otherwise the time to wait."""
        tokens, now = self._tokens.use(key), self._clock()
        tokens.left = min(self._burst, tokens.left + max(now - tokens.at, 0.0) * self._per_second)
        tokens.at = now
        if tokens.left >= 1:
            tokens.left -= 1
            return 0.0
        return (1 - tokens.left) / self._per_second


@dataclass
class _Failures:
    count: int = 0
    free_at: float = 0.0


class Backoff:
    """Doubles the time between two tries of a key after `free` tries, up to `max_seconds`. clock: monotonic seconds.

    A try counts as failed until `succeeded` is called, so that many at once gain nothing.
    """

    def __init__(self, *, free: int, max_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._free = free
        self._max_seconds = max_seconds
        self._clock = clock
        self._failures: RecentKeys[_Failures] = RecentKeys(_Failures)

    def wait_seconds(self, key: str) -> float:
        """0 if there may be a try now, otherwise the time to wait."""
        return max(self._failures.use(key).free_at - self._clock(), 0.0)

    def tried(self, key: str) -> None:
        """Count a try."""
        self._count(key, 1)

    def take_back(self, key: str) -> None:
        """The last try was right: it does not count, those before it do."""
        self._count(key, -1)

    def succeeded(self, key: str) -> None:
        """The last try was right: forget it and those before."""
        self._failures.forget(key)

    def _count(self, key: str, change: int) -> None:
        failures = self._failures.use(key)
        failures.count = max(failures.count + change, 0)
        over = failures.count - self._free
        delay = min(2.0 ** min(over, 30), self._max_seconds) if over >= 0 else 0.0
        failures.free_at = self._clock() + delay
