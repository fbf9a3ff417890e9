"""What a page tells once after a change: kept here, so that no link can make a page say something."""

import secrets
import threading
from collections import OrderedDict
from typing import NamedTuple

MOST = 500  # of all users; the oldest go


class Flash(NamedTuple):
    """What became of a change. notes: a sentence each.  undo: audit entries that take it back, in order.

    is_refusal: nothing was changed.  cautions: sentences on what is still to be done.
    """

    text: str
    notes: tuple[str, ...] = ()
    undo: tuple[int, ...] = ()
    is_refusal: bool = False
    cautions: tuple[str, ...] = ()


class Flashes:
    """Keeps flashes between a change and the page that follows it. Threads may share one."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[str, Flash]] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, user: str, flash: Flash) -> str:
        """Keep a flash for this user; returns the key that gets it."""
        key = secrets.token_urlsafe(12)
        with self._lock:
            self._kept[key] = user, flash
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return key

    def take(self, user: str, key: str) -> Flash | None:
        """A flash of this user, once; None where there is none."""
        with self._lock:
            owner, flash = self._kept.get(key, ("", None))
            if flash is None or owner != user:
                return None
            del self._kept[key]
        return flash
