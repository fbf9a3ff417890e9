"""Names everybody in a group of unknown people: each of its tracks is that person."""

from pipeline.history.corrections.correction import Corrected, Desk
from pipeline.history.corrections.this_is import this_is
from pipeline.history.groups.group_name import group_name
from pipeline.history.groups.reader import GroupReader

MOST = 500  # tracks; each is a correction that can be taken back


def name_group(desk: Desk, group: int, name: str, *, enrol: bool = False, is_new: bool = False) -> list[Corrected]:
    """Say who an unknown person is, track by track, that of the best crop first; one correction for each.

    enrol: also enrol the best crop of the group, if it passes the checks of any enrolment.  is_new: as for `this_is`.

    Raises ValueError for a group that is not there or larger than MOST, and like `this_is` for its first track;
    nothing is changed then. Where a later track fails, those before it keep the name.
    """
    reader = GroupReader(desk.database)
    row = reader.group(group)
    if row is None:
        raise ValueError(f"{group_name(group)}: there is no such unknown person")
    if row.tracks > MOST:
        raise ValueError(f"{group_name(group)}: expected at most {MOST} tracks to name, got {row.tracks}")
    tracks = sorted(reader.tracks(row.id), key=lambda track: (track == row.best, track), reverse=True)
    part_of = whole_group(row.id)
    return [
        this_is(desk, track, name, enrol=enrol and track == row.best, is_new=is_new, part_of=part_of)
        for track in tracks
    ]


def whole_group(group: int) -> str:
    """What the audit log says each of these corrections is a part of."""
    return f"all of {group_name(group)}"
