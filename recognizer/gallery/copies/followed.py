"""A gallery in PostgreSQL as a running node needs it: a copy in memory that a thread of its own keeps up.

The node never waits for the server. The thread reads what changed, makes the index, and lays it ready; the node takes
it up between two frames. It may name people by an index only as long as that was confirmed to be the newest one within
`max_age` seconds; an index that lies ready confirms nothing until it is taken up.
"""

import logging
import threading
import time
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass

from configs.at_rest import KeyNeededError
from recognizer.gallery.copies.copy import GalleryCopy
from recognizer.gallery.copies.freshness import Freshness
from recognizer.gallery.copies.node_record import NodeRecord, new_instance
from recognizer.gallery.copies.signature import Signer
from recognizer.gallery.copies.waiting import Bell
from recognizer.gallery.index import GalleryIndex, OtherModelError
from recognizer.gallery.postgres_database import PostgresDatabase
from recognizer.normalisation import Cohort

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
"""Between two looks where nothing is told; at most a quarter of max_age."""
RETRY_SECONDS = (0.2, 2.0)
"""Before the first new attempt to connect, and before later ones."""
FIRST_SECONDS = 30.0
"""For which the start waits for the first copy; after that the node runs, and names nobody until it has one."""
CLOSE_SECONDS = 2.0


def seconds_since_boot() -> float:
    """Monotonic seconds that go on while the machine is suspended, where the system has such a clock: a copy that was
    asleep is old."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


@dataclass(eq=False)
class _Ready:
    """An index that may be taken up, or why there is none. asked: when it was known to be the newest, by the clock."""

    number: int
    asked: float
    index: GalleryIndex | None = None
    error: ValueError | None = None


class FollowedGallery:
    """The people of one gallery, for one node."""

    def __init__(
        self,
        address: str,
        *,
        node: str,
        max_age: float,
        signer: Signer | None = None,
        clock: Callable[[], float] = seconds_since_boot,
    ) -> None:
        """node: its name in receipts.  max_age: seconds.  signer: of receipts; None: they are not signed.

        clock: monotonic seconds, of suspension too.

        Nothing is read before the first `index`, which says for which model.
        """
        self._address, self._node, self._max_age, self._clock = address, node, max_age, clock
        self._signer = signer
        self._instance, self._bell, self._lock = new_instance(), Bell(), threading.Lock()
        self._copy = GalleryCopy()
        self._ready: _Ready | None = None
        self._taken: _Ready | None = None
        self._refused: ValueError | None = None
        self._is_closing, self._is_lost = False, False
        self._tried = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def has_news(self) -> bool:
        """Whether an index lies ready that should be taken up now."""
        return self._ready is not self._taken

    def version(self) -> Hashable:
        """Tells what lies ready from what was taken up."""
        return self._ready

    def freshness(self) -> Freshness:
        """How new the index is that was taken up."""
        with self._lock:
            taken = self._taken
            if taken is None:
                return Freshness(0, float("inf"), self._max_age)
            return Freshness(taken.number, self._clock() - taken.asked, self._max_age)

    def index(self, model_id: str, cohort: Cohort | None = None) -> GalleryIndex:
        """Take up the newest index; empty while there is none. The first call begins to follow, and waits for one.

        Raises OtherModelError where the gallery holds vectors of another model, KeyNeededError without its key, and
        ValueError at the first call for what is no gallery.
        """
        if self._thread is None:
            self._begin(model_id, cohort)
        if self._refused:
            raise self._refused
        with self._lock:
            self._taken = ready = self._ready
        self._bell.ring()
        if ready is None:
            return GalleryIndex.empty(model_id)
        if ready.index is None:
            assert ready.error is not None
            raise ready.error
        return ready.index

    def close(self) -> None:
        """Stop following, and tell the gallery so. From now on nobody may be named by this copy."""
        self._is_closing = True
        if self._thread is None:
            self._bell.close()
            return
        self._bell.ring()
        self._thread.join(CLOSE_SECONDS)
        if not self._thread.is_alive():  # otherwise the server does not answer, and the thread ends with the process
            self._bell.close()

    def _begin(self, model_id: str, cohort: Cohort | None) -> None:
        self._thread = threading.Thread(target=self._run, args=(model_id, cohort), name="gallery", daemon=True)
        self._thread.start()
        self._tried.wait(FIRST_SECONDS)

    def _run(self, model_id: str, cohort: Cohort | None) -> None:
        seconds = 0.0
        while not self._is_closing:
            try:
                with PostgresDatabase(self._address) as database:
                    self._follow(database, model_id, cohort)
            except (OSError, ValueError) as error:
                seconds = RETRY_SECONDS[0] if not self._is_lost else RETRY_SECONDS[1]
                self._say_lost(error)
            self._tried.set()
            if not self._is_closing:
                self._bell.wait(seconds)

    def _follow(self, database: PostgresDatabase, model_id: str, cohort: Cohort | None) -> None:
        record = NodeRecord(database, self._node, self._max_age, self._instance, self._signer)
        database.listen()
        record.enter()
        while not self._is_closing:
            asked = self._clock()
            database.heard = False
            is_new = self._copy.follow(database) or self._ready is None
            ready = self._prepare(database, model_id, cohort, asked) if is_new else None
            taken = self._taken
            if ready or taken is self._ready:  # what lies ready for long gives the node no more time
                record.confirm(taken.number if taken else 0)
                self._lay_ready(ready, asked)
            if taken:
                record.sign(taken.number)
            self._say_found()
            self._tried.set()
            if not database.heard and self._taken is taken:
                self._bell.wait(min(POLL_SECONDS, self._max_age / 4), database.fileno())
        with suppress(OSError):
            record.leave()

    def _prepare(self, database: PostgresDatabase, model_id: str, cohort: Cohort | None, asked: float) -> _Ready:
        try:
            index = self._copy.index(model_id, database.cipher.open_sound).against(cohort)
        except (OtherModelError, KeyNeededError) as error:
            return _Ready(self._copy.number, asked, error=error)
        return _Ready(self._copy.number, asked, index)

    def _lay_ready(self, ready: _Ready | None, asked: float) -> None:
        """Lay a new index ready, or confirm that the last one still is the newest."""
        with self._lock:
            if ready:
                self._ready = ready
            elif self._ready:
                self._ready.asked = asked

    def _say_lost(self, error: Exception) -> None:
        if self._ready is None and isinstance(error, ValueError) and not self._is_lost and not self._tried.is_set():
            self._refused = error
        if not self._is_lost:
            log.error("%s; names are given for at most %g s more without it", error, self._max_age)
        self._is_lost = True

    def _say_found(self) -> None:
        if self._is_lost:
            log.warning("gallery: the server answers again; change %d is the newest", self._copy.number)
        self._is_lost = False
