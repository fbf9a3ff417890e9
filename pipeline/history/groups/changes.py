"""What operators do with unknown people: merge two, take tracks out of one, and take either back.

Each change is one transaction with its entry in the audit log and its events. What was put by hand stays where it is
when the groups are made anew at night.
"""

import time
from collections.abc import Callable, Sequence

import msgspec

from pipeline.events import PersonAction
from pipeline.history.audit import AuditLog
from pipeline.history.database import Database
from pipeline.history.groups.group_name import group_name
from pipeline.history.groups.membership import (
    Membership,
    members_of,
    memberships,
    merge_into,
    new_group,
    put,
    refresh,
    resolve,
    revive_group,
)
from pipeline.history.person_events import queue_person_event

MERGE, SPLIT, UNDO = "merge unknown people", "split unknown person", "take back a change of unknown people"


class _Undo(msgspec.Struct, frozen=True):
    """What a change replaced. before: the tracks it touched, as they were.  put: the group they are in since.

    merged: the group that it ended.  person: the name that the other group had before.
    """

    before: list[Membership]
    put: int
    merged: int | None = None
    person: str | None = None


class GroupChanges:
    """Changes the groups of a history, each in a transaction of its own. clock: Unix seconds."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database, self._clock = database, clock
        self._audit = AuditLog(database, clock=clock)

    def merge(self, group: int, into: int, *, by: str) -> int:
        """Put all tracks of a group into another, which answers for both from now on; returns the audit entry.

        Raises ValueError where one is missing, or both are the same; and like `Database`.
        """
        with self._database.writing():
            source, target = self._existing(group), self._existing(into)
            if source == target:
                raise ValueError(f"{group_name(group)}: expected two different groups, got one")
            moved, stay = members_of(self._database, source), members_of(self._database, target)
            self._put([*moved, *stay], target)
            person = self._take_over_name(source, target)
            merge_into(self._database, source, target)
            refresh(self._database, [target])
            self._announce(moved, target)
            undo = _Undo([*moved, *stay], target, merged=source, person=person)
            return self._note(by, MERGE, f"{group_name(source)} into {group_name(target)}", undo)

    def split(self, tracks: Sequence[int], *, by: str) -> tuple[int, int]:
        """Take tracks of one group out of it, into a new one; returns the audit entry and the new group.

        Raises ValueError where they are not some, but not all, of the tracks of one group; and like `Database`.
        """
        with self._database.writing():
            moved = memberships(self._database, sorted(set(tracks)))
            source = _one_group(moved, tracks)
            taken = {member.track for member in moved}
            stay = [member for member in members_of(self._database, source) if member.track not in taken]
            if not stay:
                raise ValueError(f"{group_name(source)}: expected some of its tracks, got all {len(moved)}")
            target = new_group(self._database, at=self._clock())
            self._put(moved, target)
            self._put(stay, source)
            refresh(self._database, [source, target])
            self._announce(moved, target)
            entry = self._note(by, SPLIT, f"{group_name(target)} out of {group_name(source)}", _Undo(moved, target))
            return entry, target

    def undo(self, entry: int, *, by: str) -> int:
        """Take back a merge or a split; returns the audit entry of that.

        Tracks that were moved on since stay where they are. Raises ValueError for an entry that is no such change, or
        was taken back already; and like `Database`.
        """
        with self._database.writing():
            change = self._audit.entry(entry)
            if change is None or change.action not in (MERGE, SPLIT):
                raise ValueError(f"audit entry {entry}: expected a merge or split of unknown people")
            if change.undone:
                raise ValueError(f"audit entry {entry}: expected a change that stands, got one that was taken back")
            self._take_back(msgspec.json.decode(change.undo, type=_Undo))
            return self._audit.add(by=by, action=UNDO, target=change.target, undoes=entry)

    def _take_back(self, undo: _Undo) -> None:
        now = {member.track: member for member in memberships(self._database, [one.track for one in undo.before])}
        back = [one for one in undo.before if one.track in now and now[one.track].group == undo.put]
        merged = [undo.merged] if undo.merged is not None else []
        for group in {*merged, *(one.group for one in back)}:
            revive_group(self._database, group, at=self._clock())
        put(self._database, back)
        if merged:
            self._database.change("UPDATE groups SET person = ? WHERE id = ?", (undo.person, undo.put))
        refresh(self._database, [undo.put, *merged, *(one.group for one in back)])
        for group in sorted({one.group for one in back} - {undo.put}):
            self._announce([now[one.track] for one in back if one.group == group], group)

    def _existing(self, group: int) -> int:
        found = resolve(self._database, group)
        if found is None:
            raise ValueError(f"{group_name(group)}: there is no such unknown person")
        return found

    def _put(self, members: Sequence[Membership], group: int) -> None:
        put(self._database, [Membership(member.track, group, None, by_hand=True) for member in members])

    def _take_over_name(self, source: int, target: int) -> str | None:
        """A group without a name gets that of the one merged into it; returns its own name before."""
        names: dict[int, str | None] = dict(
            self._database.rows("SELECT id, person FROM groups WHERE id IN (?, ?)", (source, target))
        )
        own = names[target]
        self._database.change("UPDATE groups SET person = ? WHERE id = ?", (own or names[source], target))
        return own

    def _announce(self, moved: Sequence[Membership], group: int) -> None:
        found = self._database.rows("SELECT tracks, first_seen FROM groups WHERE id = ?", (group,))
        for tracks, first_seen in found:
            for member in moved:
                queue_person_event(
                    self._database,
                    PersonAction.MOVED,
                    track=member.track,
                    at=self._clock(),
                    group=group,
                    previous_group=member.group,
                    tracks=tracks,
                    first_seen=first_seen,
                )

    def _note(self, by: str, action: str, target: str, undo: _Undo) -> int:
        details = f"tracks: {len(undo.before)}"
        return self._audit.add(
            by=by, action=action, target=target, details=details, undo=msgspec.json.encode(undo).decode()
        )


def _one_group(members: Sequence[Membership], tracks: Sequence[int]) -> int:
    groups = {member.group for member in members}
    if len(members) != len(set(tracks)) or len(groups) != 1:
        named = ", ".join(map(str, sorted(set(tracks))[:5]))
        raise ValueError(f"tracks {named}: expected tracks of one unknown person, got {len(groups)} or some in none")
    return groups.pop()
