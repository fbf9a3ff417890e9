"""Passes the stream on to another system, each entry exactly once.

The other system itself says how far it is: its last entry is read after every connection, and every append is made on
the condition that this is still the last one. So nothing depends on when the bridge was killed, on what the other
system lost in a crash, or on how long either was away.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate

from pipeline.collect.bridges.target import NOTHING, Limit, MovedError, Target, Tip
from pipeline.collect.entry import Entry
from pipeline.collect.reader import Skipped, StreamReader
from pipeline.history.database import Database
from pipeline.secrets.redact import redact

log = logging.getLogger(__name__)

BATCH_ENTRIES = 500
BATCH_BYTES = 8 << 20  # beyond the first entry: a server refuses questions that are too large
CHECK_SECONDS = 2.0
POLL_SECONDS = 0.1
FIRST_RETRY_SECONDS, MAX_RETRY_SECONDS = 0.2, 15.0
_SET_ERROR = "INSERT INTO bridges VALUES (?, 0, 0, ?) ON CONFLICT (name) DO UPDATE SET error = excluded.error"
_SET = (
    "INSERT INTO bridges VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
    " number = excluded.number, place = excluded.place, error = excluded.error"
)


class RefusedError(ValueError):
    """The other system is away, or takes nothing now."""


class Bridge:
    """One bridge; of one thread. database: opened for writing.  works: called when the store has answered.

    clock: monotonic seconds.
    """

    def __init__(
        self,
        database: Database,
        target: Target,
        *,
        works: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database, self._target, self._works, self._clock = database, target, works, clock
        self._reader = StreamReader(database)
        self._tip: Tip | None = None
        self._passed = 0  # number up to which everything is there or left out
        self._limit = Limit(0, "")
        self._next_check = 0.0
        self._error = ""

    def run(self, wait: Callable[[float], bool]) -> None:
        """Pass on until `wait`, which waits so many seconds, says so. Raises OSError of the store."""
        retry = FIRST_RETRY_SECONDS
        pause = 0.0
        while not wait(pause):
            try:
                pause = 0.0 if self.step() else POLL_SECONDS
                retry = FIRST_RETRY_SECONDS
            except ValueError as error:
                self._give_up(error)
                pause, retry = retry, min(2 * retry, MAX_RETRY_SECONDS)
            self._works()

    def step(self) -> int:
        """Pass on what is next; returns how many entries. Raises like `Database`, and RefusedError."""
        tip = self._tip or self._find()
        entries = self._next()
        try:
            if entries:
                fitting = self._fitting(entries)
                self._advance(self._append(fitting, tip), entries[-1].number)
            elif self._clock() >= self._next_check:
                self._check(tip)
        except MovedError:
            log.warning("collect: %s is not where it was; asking it for its last entry", self._target.name)
            self._tip = None
        return len(entries)

    def _append(self, entries: Sequence[Entry], tip: Tip) -> Tip:
        with _asking():
            return self._target.append(entries, tip) if entries else tip

    def _find(self) -> Tip:
        """Where the other system is, as an entry of this store."""
        with _asking():
            tip, self._limit = self._target.tip(), self._target.limit()
        if not tip.place:
            tip = NOTHING
        elif tip.number is None:
            tip = tip._replace(number=self._counted(tip.place))
        else:
            self._verify(tip)
        number, place = self._noted()
        passed = max(number, tip.number or 0) if place == tip.place else tip.number or 0  # left out behind the tip
        if (pruned := self._reader.pruned()) > passed:
            log.error("collect: %s lacks entries up to %d that are no longer kept", self._target.name, pruned)
        self._advance(tip, passed)
        return tip

    def _next(self) -> list[Entry]:
        """What comes next, not more than is sent at once."""
        sizes = self._reader.sizes(after=self._passed, limit=BATCH_ENTRIES)
        count = sum(total - size <= BATCH_BYTES for size, total in zip(sizes, accumulate(sizes), strict=True))
        return self._reader.entries(after=self._passed, limit=count) if count else []

    def _fitting(self, entries: Sequence[Entry]) -> list[Entry]:
        """Those that the other system takes, without those that it was never sent. What is too large is told once."""
        name = self._target.name
        known = self._reader.skipped_between(name, entries[0].number, entries[-1].number)
        left = [entry for entry in entries if entry.number not in known]
        sizes = [self._target.size_of(entry) for entry in left]
        new = [
            Skipped(name, entry.number, entry.node, entry.topic, entry.seq, size, *self._limit)
            for entry, size in zip(left, sizes, strict=True)
            if size > self._limit.most
        ]
        self._skip(new)
        return [entry for entry, size in zip(left, sizes, strict=True) if size <= self._limit.most]

    def _skip(self, entries: Sequence[Skipped]) -> None:
        """Before anything behind them is sent: what the other system has is counted without them."""
        if not entries:
            return
        with self._database.writing():
            for one in entries:
                values = (one.bridge, one.number, one.size, one.most, one.setting)
                self._database.change("INSERT INTO skipped VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", values)
        for one in entries:
            log.error("collect: %s: %s", one.bridge, one.describe())

    def _noted(self) -> tuple[int, int]:
        """Number and place as they were noted last."""
        found = self._database.rows("SELECT number, place FROM bridges WHERE name = ?", (self._target.name,))
        return (int(found[0][0]), int(found[0][1])) if found else (0, 0)

    def _counted(self, place: int) -> int:
        """The last entry by how many came since the one that was noted here: each is one message there."""
        number, noted = self._noted()
        name = self._target.name
        if not noted:
            raise ValueError(f"collect.{name}: its stream has messages that are not of this store; name another stream")
        return self._reader.shifted(number, place - noted, name)

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
        with _asking():
            place = self._target.place()
        if place != tip.place:
            raise MovedError

    def _advance(self, tip: Tip, passed: int) -> None:
        self._tip, self._passed = tip, passed
        self._next_check = self._clock() + CHECK_SECONDS
        if self._error:
            log.warning("collect: %s takes entries again, behind %d", self._target.name, passed)
        self._error = ""
        self._note(passed, tip.place)

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


@contextmanager
def _asking() -> Iterator[None]:
    """An OSError of the other system is none of the store."""
    try:
        yield
    except OSError as error:
        raise RefusedError(str(error)) from error
