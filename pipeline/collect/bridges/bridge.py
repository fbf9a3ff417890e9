"""Passes the stream on to another system, each entry exactly once.

The other system itself says how far it is: its last entry is read after every connection, and every append is made on
the condition that this is still the last one. So nothing depends on when the bridge was killed, on what the other
system lost in a crash, or on how long either was away.
"""

import logging
import time
from collections.abc import Callable

from pipeline.collect.bridges.target import NOTHING, MovedError, Target, Tip
from pipeline.collect.reader import StreamReader
from pipeline.history.database import Database
from pipeline.secrets.redact import redact

log = logging.getLogger(__name__)

BATCH_ENTRIES = 500
CHECK_SECONDS = 2.0
POLL_SECONDS = 0.1
FIRST_RETRY_SECONDS, MAX_RETRY_SECONDS = 0.2, 15.0
_SET_ERROR = "INSERT INTO bridges VALUES (?, 0, 0, ?) ON CONFLICT (name) DO UPDATE SET error = excluded.error"
_SET = (
    "INSERT INTO bridges VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
    " number = excluded.number, place = excluded.place, error = excluded.error"
)


class Bridge:
    """One bridge; of one thread. database: opened for writing.  clock: monotonic seconds."""

    def __init__(self, database: Database, target: Target, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._database, self._target, self._clock = database, target, clock
        self._reader = StreamReader(database)
        self._tip: Tip | None = None
        self._next_check = 0.0
        self._error = ""

    def run(self, wait: Callable[[float], bool]) -> None:
        """Pass on until `wait`, which waits so many seconds, says so. Raises like `Database`."""
        retry = FIRST_RETRY_SECONDS
        pause = 0.0
        while not wait(pause):
            try:
                pause = 0.0 if self.step() else POLL_SECONDS
                retry = FIRST_RETRY_SECONDS
            except (OSError, ValueError) as error:
                self._give_up(error)
                pause, retry = retry, min(2 * retry, MAX_RETRY_SECONDS)
        self._target.close()

    def step(self) -> int:
        """Pass on what is next; returns how many entries. Raises OSError and ValueError, of either side."""
        tip = self._tip or self._find()
        entries = self._reader.entries(after=tip.number or 0, limit=BATCH_ENTRIES)
        try:
            if entries:
                self._advance(self._target.append(entries, tip))
            elif self._clock() >= self._next_check:
                self._check(tip)
        except MovedError:
            log.warning("collect: %s is not where it was; asking it for its last entry", self._target.name)
            self._tip = None
        return len(entries)

    def _find(self) -> Tip:
        """Where the other system is, as an entry of this store."""
        tip = self._target.tip()
        if not tip.place:
            tip = NOTHING
        elif tip.number is None:
            tip = tip._replace(number=self._counted(tip.place))
        else:
            self._verify(tip)
        if (pruned := self._reader.pruned()) > (tip.number or 0):
            log.error("collect: %s lacks entries up to %d that are no longer kept", self._target.name, pruned)
        self._advance(tip)
        return tip

    def _counted(self, place: int) -> int:
        """The last entry by how many came since the one that was noted here: each is one message there."""
        name = self._target.name
        found = self._database.rows("SELECT number, place FROM bridges WHERE name = ?", (name,))
        number, noted = found[0] if found else (0, 0)
        if not noted:
            raise ValueError(f"collect.{name}: its stream has messages that are not of this store; name another stream")
        return self._reader.shifted(number, place - noted)

    def _verify(self, tip: Tip) -> None:
        """Raises ValueError where the last entry there is none of this store."""
        entry = self._reader.entry(tip.number or 0)
        if (tip.key and entry and entry.key != tip.key) or (tip.number or 0) > self._reader.newest():
            raise ValueError(
                f"collect.{self._target.name}: expected a stream of this store, got one whose last entry is"
                f" {tip.number}, {tip.key}; name another stream"
            )

    def _check(self, tip: Tip) -> None:
        """While nothing is to be passed on: whether the other system still has what it had."""
        self._next_check = self._clock() + CHECK_SECONDS
        if self._target.place() != tip.place:
            raise MovedError

    def _advance(self, tip: Tip) -> None:
        self._tip = tip
        self._next_check = self._clock() + CHECK_SECONDS
        if self._error:
            log.warning("collect: %s takes entries again, from %s on", self._target.name, tip.number)
        self._error = ""
        self._note(tip.number or 0, tip.place)

    def _note(self, number: int, place: int) -> None:
        with self._database.writing():
            self._database.change(_SET, (self._target.name, number, place, self._error))

    def _give_up(self, error: Exception) -> None:
        """Close the connection, and tell what is wrong once."""
        self._target.close()
        self._tip = None
        text = redact(" ".join(str(error).split()))
        if text != self._error:
            log.error("collect: %s takes nothing, and is tried again: %s", self._target.name, text)
            self._error = text
            with self._database.writing():
                self._database.change(_SET_ERROR, (self._target.name, text))
