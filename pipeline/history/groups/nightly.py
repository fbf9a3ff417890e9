"""Makes the groups anew once a day, beside the recording: a thread thinks, the recorder's steps read and write."""

import logging
import threading
import time
from collections.abc import Callable, Collection
from datetime import time as time_of_day
from datetime import timedelta
from itertools import groupby, islice

from pipeline.events import PersonAction
from pipeline.history.database import Database
from pipeline.history.groups.clustering import Move, recluster
from pipeline.history.groups.membership import Membership, memberships, new_group, put, redirect_empty, refresh
from pipeline.history.groups.stored_tracks import grouped_tracks
from pipeline.history.person_events import queue_person_event
from pipeline.site.site_time import local, start_of
from recognizer.links import Links

log = logging.getLogger(__name__)

MAX_TRACKS = 10_000  # the newest; the groups of earlier ones stay as they are
LONGEST_WAIT = timedelta(hours=26)  # a longer one means that the clock was set back


class Nightly:
    """Makes the groups of one history anew. at: time of day of the site, HH:MM.

    changed: called after tracks were moved.  wall: Unix seconds.
    """

    def __init__(
        self,
        database: Database,
        links: Links,
        *,
        false_link: float,
        at: str,
        changed: Callable[[], None],
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._database, self._links, self._false_link = database, links, false_link
        self._at, self._changed, self._wall = at, changed, wall
        self._due = next_time(at, wall())
        self._thread: threading.Thread | None = None
        self._moves: list[Move] = []

    def step(self, _touched: Collection[int] = ()) -> None:
        """Begin where it is time, and take over what the thread has found. Raises like `Database`."""
        if self._thread and not self._thread.is_alive():
            self._thread = None
            self._apply(self._moves)
        now = self._wall()
        if self._due - now > LONGEST_WAIT.total_seconds():
            self._due = next_time(self._at, now)
        if now >= self._due and not self._thread:
            self._due = next_time(self._at, now)
            self.begin()

    def begin(self) -> None:
        """Begin now."""
        tracks = list(islice(grouped_tracks(self._database, self._links.model_id), MAX_TRACKS))
        self._moves = []

        def think() -> None:
            self._moves = recluster(tracks, self._links, false_link=self._false_link)

        self._thread = threading.Thread(target=think, name="recluster", daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Wait for the thread, and take over what it has found."""
        if self._thread:
            self._thread.join()
            self.step()

    def _apply(self, moves: list[Move]) -> None:
        """Move what is still where it was, the tracks of each cluster in a transaction of their own."""
        moved = sum(self._move(list(together)) for _, together in groupby(moves, key=lambda move: move.part))
        if moved:
            log.info("history: tracks of unknown people moved to another group: %d", moved)
            self._changed()

    def _move(self, moves: list[Move]) -> int:
        """Move the tracks of one cluster; returns how many."""
        with self._database.writing():
            now = {member.track: member for member in memberships(self._database, [move.track for move in moves])}
            left = [move for move in moves if _is_as_it_was(now.get(move.track), move)]
            if left:
                group = self._group(left[0])
                put(self._database, [Membership(move.track, group, move.chance, by_hand=False) for move in left])
                previous = {move.previous for move in left}
                redirect_empty(self._database, previous, group)
                refresh(self._database, [group, *previous])
                self._announce(left, group)
        return len(left)

    def _group(self, move: Move) -> int:
        """The group to move to: a new one where the wanted one is gone."""
        found = self._database.rows("SELECT id FROM groups WHERE id = ? AND merged_into IS NULL", (move.group,))
        return int(found[0][0]) if found else new_group(self._database, at=self._wall())

    def _announce(self, moves: list[Move], group: int) -> None:
        [(tracks, first_seen)] = self._database.rows("SELECT tracks, first_seen FROM groups WHERE id = ?", (group,))
        for move in moves:
            queue_person_event(
                self._database,
                PersonAction.MOVED,
                track=move.track,
                at=self._wall(),
                group=group,
                previous_group=move.previous,
                tracks=tracks,
                chance=move.chance,
                first_seen=first_seen,
            )


def next_time(at: str, now: float) -> float:
    """When a clock of the site shows HH:MM next, after `now`; Unix seconds both."""
    hour, minute = map(int, at.split(":"))
    today = local(now).date()
    moments = (start_of(today + timedelta(days=day), time_of_day(hour, minute)) for day in range(3))
    return next(moment for moment in moments if moment > now)


def _is_as_it_was(member: Membership | None, move: Move) -> bool:
    return member is not None and member.group == move.previous and not member.by_hand
