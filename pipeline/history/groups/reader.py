"""Questions to the groups of a history: page by page, one, and the number that answers for an old one."""

from collections.abc import Sequence
from typing import NamedTuple

from pipeline.history.database import Database
from pipeline.history.groups.membership import memberships, resolve

CROP_TRACKS = 100  # the newest of a group, among which the one with the best crop is looked for
_COLUMNS = "id, first_seen, last_seen, tracks, person"


class GroupRow(NamedTuple):
    """An unknown person. first_seen, last_seen: Unix seconds.  person: the name that an operator gave.

    best: the track with the largest crop among the newest; None where no crop is kept.
    """

    id: int
    first_seen: float
    last_seen: float
    tracks: int
    person: str | None
    best: int | None

    @property
    def place(self) -> "GroupPlace":
        """Where the page that follows this group begins."""
        return GroupPlace(self.last_seen, self.id)


class GroupPlace(NamedTuple):
    """After which group a page begins."""

    last_seen: float
    id: int


class GroupReader:
    """Reads groups, also while they are changed. Raises like `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, *, after: GroupPlace | None = None, min_tracks: int = 1, limit: int = 50) -> list[GroupRow]:
        """A page of groups, those seen last first. after: `place` of the last one of the page before."""
        follows = "AND (last_seen, id) < (?, ?)" if after else ""
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM groups WHERE merged_into IS NULL AND tracks >= ? {follows}"
            " ORDER BY last_seen DESC, id DESC LIMIT ?",
            (min_tracks, *(after or ()), limit),
        )
        return [self._with_best(row) for row in rows]

    def group(self, number: int) -> GroupRow | None:
        """One group, or the one that it was merged into; None where it is gone."""
        answering = resolve(self._database, number)
        rows = self._database.rows(f"SELECT {_COLUMNS} FROM groups WHERE id = ?", (answering,))
        return self._with_best(rows[0]) if rows else None

    def group_of(self, track: int) -> int | None:
        """The group that a track is in."""
        found = self._database.rows("SELECT grp FROM track_groups WHERE track = ?", (track,))
        return int(found[0][0]) if found else None

    def groups_of(self, tracks: Sequence[int]) -> dict[int, int]:
        """The groups of those of these tracks that are in one."""
        return {member.track: member.group for member in memberships(self._database, tracks)}

    def tracks(self, group: int) -> list[int]:
        """All tracks of a group."""
        return [track for (track,) in self._database.rows("SELECT track FROM track_groups WHERE grp = ?", (group,))]

    def _with_best(self, row: tuple[int, float, float, int, str | None]) -> GroupRow:
        found = self._database.rows(
            "SELECT newest.track FROM (SELECT track FROM track_groups WHERE grp = ? ORDER BY track DESC LIMIT ?) newest"
            " JOIN crops ON crops.track = newest.track ORDER BY face_px DESC, newest.track DESC LIMIT 1",
            (row[0], CROP_TRACKS),
        )
        return GroupRow(*row, found[0][0] if found else None)
