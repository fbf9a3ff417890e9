"""Which track is in which group: the changes that everything else is made of, within the caller's transaction.

A track is in one group at most (the primary key of `track_groups`). A group without tracks is deleted, unless it was
merged into another, which then answers for it.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from pipeline.history.database import Database

AT_ONCE = 500  # tracks in one statement


class Membership(NamedTuple):
    """That a track is in a group. chance: that a stranger's track would be put there too; None where it is alone or an
    operator put it there.  by_hand: an operator put it there, or left it there when dividing the group."""

    track: int
    group: int
    chance: float | None
    by_hand: bool


def new_group(database: Database, *, at: float) -> int:
    """Make a group without tracks; returns its number. at: Unix seconds."""
    [(group,)] = database.rows(
        "INSERT INTO groups (first_seen, last_seen, tracks, made_at) VALUES (0, 0, 0, ?) RETURNING id", (at,)
    )
    return int(group)


def revive_group(database: Database, group: int, *, at: float) -> None:
    """Make sure that there is a group of this number, and that it stands for itself."""
    database.change(
        "INSERT INTO groups (id, first_seen, last_seen, tracks, made_at) VALUES (?, 0, 0, 0, ?)"
        " ON CONFLICT (id) DO UPDATE SET merged_into = NULL",
        (group, at),
    )


def put(database: Database, members: Iterable[Membership]) -> None:
    """Put tracks into groups, out of those that they were in. `refresh` both afterwards."""
    for member in members:
        database.change(
            "INSERT INTO track_groups (track, grp, chance, by_hand) VALUES (?, ?, ?, ?) ON CONFLICT (track)"
            " DO UPDATE SET grp = excluded.grp, chance = excluded.chance, by_hand = excluded.by_hand",
            (member.track, member.group, member.chance, int(member.by_hand)),
        )


def take_out(database: Database, tracks: Sequence[int]) -> list[Membership]:
    """Take tracks out of their groups; returns where they were. `refresh` these groups afterwards."""
    members = memberships(database, tracks)
    for member in members:
        database.change("DELETE FROM track_groups WHERE track = ?", (member.track,))
    return members


def memberships(database: Database, tracks: Sequence[int]) -> list[Membership]:
    """The groups of those of these tracks that are in one."""
    found: list[Membership] = []
    for start in range(0, len(tracks), AT_ONCE):
        chunk = tracks[start : start + AT_ONCE]
        marks = ", ".join("?" * len(chunk))
        query = f"SELECT track, grp, chance, by_hand FROM track_groups WHERE track IN ({marks}) ORDER BY track"
        found += _members(database.rows(query, tuple(chunk)))
    return found


def members_of(database: Database, group: int) -> list[Membership]:
    """The tracks of a group."""
    query = "SELECT track, grp, chance, by_hand FROM track_groups WHERE grp = ? ORDER BY track"
    return _members(database.rows(query, (group,)))


def refresh(database: Database, groups: Iterable[int]) -> None:
    """Count the tracks of groups again, and see when they were seen; those without a track are deleted."""
    for group in sorted(set(groups)):
        [(tracks, first, last)] = database.rows(
            "SELECT count(*), min(first_seen), max(last_seen) FROM track_groups"
            " JOIN tracks ON tracks.id = track_groups.track WHERE grp = ?",
            (group,),
        )
        if tracks:
            database.change(
                "UPDATE groups SET tracks = ?, first_seen = ?, last_seen = ? WHERE id = ?", (tracks, first, last, group)
            )
        else:
            _delete_empty(database, group)


def merge_into(database: Database, group: int, target: int) -> None:
    """Let a group without tracks answer as another from now on."""
    database.change("UPDATE groups SET merged_into = ?, tracks = 0 WHERE id = ?", (target, group))


def redirect_empty(database: Database, groups: Iterable[int], target: int) -> None:
    """Let those of these groups that have no tracks left answer as another from now on."""
    for group in groups:
        if group != target and not database.rows("SELECT 1 FROM track_groups WHERE grp = ? LIMIT 1", (group,)):
            merge_into(database, group, target)


def resolve(database: Database, group: int) -> int | None:
    """The group that answers for this number now: itself, or the one it was merged into; None where it is gone."""
    seen: set[int] = set()
    while group not in seen:
        seen.add(group)
        found = database.rows("SELECT merged_into FROM groups WHERE id = ?", (group,))
        if not found:
            return None
        if found[0][0] is None:
            return group
        group = int(found[0][0])
    return None


def _delete_empty(database: Database, group: int) -> None:
    """Delete a group, and those that were merged into it, whose tracks are gone with its own."""
    database.change("DELETE FROM track_groups WHERE grp = ?", (group,))  # of tracks that are no more
    gone = database.rows("DELETE FROM groups WHERE id = ? AND merged_into IS NULL RETURNING id", (group,))
    for (number,) in gone:
        for (merged,) in database.rows("SELECT id FROM groups WHERE merged_into = ?", (number,)):
            database.change("UPDATE groups SET merged_into = NULL WHERE id = ?", (merged,))
            _delete_empty(database, merged)


def _members(rows: Iterable[tuple[Any, ...]]) -> list[Membership]:
    return [Membership(track, group, chance, bool(by_hand)) for track, group, chance, by_hand in rows]
