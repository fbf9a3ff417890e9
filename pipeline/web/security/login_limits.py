"""How often passwords may be tried, for each account and each address."""

import hashlib
import time
from collections.abc import Callable

from pipeline.web.security.accounts import account_key
from pipeline.web.security.networks import limit_key
from pipeline.web.security.rates import Backoff

FREE_TRIES = 5
ACCOUNT_MAX_SECONDS, ADDRESS_MAX_SECONDS = 60.0, 900.0
"""An account waits less: a stranger who guesses must not keep its owner out."""


class LoginLimits:
    """Both delays double from the fifth wrong password on. clock: monotonic seconds."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._accounts = Backoff(free=FREE_TRIES, max_seconds=ACCOUNT_MAX_SECONDS, clock=clock)
        self._addresses = Backoff(free=FREE_TRIES, max_seconds=ADDRESS_MAX_SECONDS, clock=clock)

    def try_now(self, name: str, address: str) -> float:
        """0 if a password may be tried, and it counts as wrong until `succeeded`; otherwise seconds to wait."""
        account, network = _account(name), limit_key(address)
        wait = max(self._accounts.wait_seconds(account), self._addresses.wait_seconds(network))
        if not wait:
            self._accounts.tried(account)
            self._addresses.tried(network)
        return wait

    def succeeded(self, name: str, address: str) -> None:
        """The last password was right. The address keeps its older mistakes: they may be of other accounts."""
        self._accounts.succeeded(_account(name))
        self._addresses.take_back(limit_key(address))


def _account(name: str) -> str:
    """A short key, also of a name that is a megabyte long."""
    return hashlib.sha256(account_key(name).encode("utf-8", "replace")).hexdigest()
