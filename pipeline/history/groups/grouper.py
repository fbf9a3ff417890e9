"""Puts tracks of strangers into groups as they come: with the person they resemble, or into a group of their own.

A track is linked while it is still seen, as soon as that is sure enough. It gets a group of its own only at its end, so
that numbers are not used up by tracks that are linked a second later.
"""

import time
from collections.abc import Callable, Iterable, Sequence

from pipeline.events import PersonAction
from pipeline.history.database import Database
from pipeline.history.groups.known_groups import Candidate, KnownGroups
from pipeline.history.groups.membership import Membership, new_group, put, refresh, take_out
from pipeline.history.groups.pool import Pool
from pipeline.history.groups.stored_tracks import (
    StoredTrack,
    grouped_tracks,
    stale_members,
    track_of_stranger,
    tracks_of_group,
    waiting_tracks,
    was_beside,
)
from pipeline.history.person_events import queue_person_event
from recognizer.links import Links

STEP_TRACKS = 200  # in one transaction
SWEEP_SECONDS = 60.0  # between two looks for tracks that must leave their group
POOL_TRACKS = 200  # the newest of a group that are read again when one of them changed


class Grouper:
    """Groups the tracks of one history; used by the process that records it.

    false_link: the chance that a stranger's track is put with anybody else.
    clock: monotonic seconds.  wall: Unix seconds.
    """

    def __init__(
        self,
        database: Database,
        links: Links,
        *,
        false_link: float,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._database, self._links, self._false_link = database, links, false_link
        self._clock, self._wall = clock, wall
        self._known: KnownGroups | None = None
        self._seen_entry = 0
        self._waiting_from: int | None = 0  # tracks up to this one were looked at; None: all were
        self._next_sweep = clock()

    def step(self, touched: Iterable[int] = ()) -> None:
        """Group these tracks, some that waited, and let those leave that must. Raises like `Database`.

        touched: tracks that ended, or whose template or name changed.
        """
        self._read_again()
        tracks = sorted({*touched, *self._waiting(), *self._stale()})
        for start in range(0, len(tracks), STEP_TRACKS):
            self._look_at_all(tracks[start : start + STEP_TRACKS])

    def forget(self) -> None:
        """Read the groups again at the next step: somebody else changed them."""
        self._known = None

    def _look_at_all(self, tracks: Sequence[int]) -> None:
        try:
            with self._database.writing():
                for track in tracks:
                    self._look_at(track)
        except BaseException:
            self.forget()  # the file was rolled back, the memory was not
            raise

    def _read_again(self) -> None:
        """Read all groups, at the begin and after an operator's changes."""
        rows = self._database.rows(
            "SELECT id, undo <> '' OR undoes IS NOT NULL FROM audit WHERE id > ? ORDER BY id", (self._seen_entry,)
        )
        self._seen_entry = rows[-1][0] if rows else self._seen_entry
        if self._clock() >= self._next_sweep and self._database.is_shared:
            self.forget()  # the recorders of other nodes make groups too
        if self._known is None or any(is_change for _, is_change in rows):
            self._known = KnownGroups(self._links, grouped_tracks(self._database, self._links.model_id))

    def _waiting(self) -> Sequence[int]:
        """Tracks that a killed recorder left, or that came before there were groups."""
        if self._waiting_from is None:
            return ()
        tracks = waiting_tracks(self._database, self._links.model_id, after=self._waiting_from, limit=STEP_TRACKS)
        self._waiting_from = tracks[-1] if tracks else None
        return tracks

    def _stale(self) -> Sequence[int]:
        if self._clock() < self._next_sweep:
            return ()
        stale = stale_members(self._database, limit=STEP_TRACKS)
        self._next_sweep = self._clock() + (0.0 if len(stale) == STEP_TRACKS else SWEEP_SECONDS)
        return stale

    def _look_at(self, number: int) -> None:
        track = track_of_stranger(self._database, number, self._links.model_id)
        if track is None:
            self._leave(number)
        elif track.group is not None:
            self._look_again(track.group)
        elif (candidate := self._find(track)) or track.is_over:
            self._join(track, candidate)

    def _find(self, track: StoredTrack) -> Candidate | None:
        """The likeliest group that a stranger's track would rarely be put into."""
        assert self._known is not None
        for candidate in self._known.nearest(track.pool):
            if candidate.chance > self._false_link:
                return None
            if not was_beside(self._database, track, candidate.group):
                return candidate
        return None

    def _join(self, track: StoredTrack, candidate: Candidate | None) -> None:
        assert self._known is not None
        now = self._wall()
        group = candidate.group if candidate else new_group(self._database, at=now)
        chance = candidate.chance if candidate else None
        put(self._database, [Membership(track.id, group, chance, by_hand=False)])
        refresh(self._database, [group])
        self._known.add(group, track.pool)
        [(tracks, first_seen)] = self._database.rows("SELECT tracks, first_seen FROM groups WHERE id = ?", (group,))
        queue_person_event(
            self._database,
            PersonAction.GROUPED,
            track=track.id,
            at=now,
            group=group,
            tracks=tracks,
            chance=chance,
            first_seen=first_seen,
        )

    def _leave(self, track: int) -> None:
        """A track got a name, or what it looks like is no longer kept."""
        for member in take_out(self._database, [track]):
            refresh(self._database, [member.group])
            self._look_again(member.group)
            found = self._database.rows("SELECT state, person FROM tracks WHERE id = ?", (track,))
            if found and found[0][0] == "named":
                queue_person_event(
                    self._database,
                    PersonAction.MOVED,
                    track=track,
                    at=self._wall(),
                    previous_group=member.group,
                    person=found[0][1],
                )

    def _look_again(self, group: int) -> None:
        """Pool the templates of a group again."""
        assert self._known is not None
        tracks = tracks_of_group(self._database, group, self._links.model_id, limit=POOL_TRACKS)
        self._known.set(group, _pool(tracks))


def _pool(tracks: Sequence[StoredTrack]) -> Pool | None:
    if not tracks:
        return None
    pool = tracks[0].pool
    for track in tracks[1:]:
        pool += track.pool
    return pool
