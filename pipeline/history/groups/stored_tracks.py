"""Reads what the grouping needs to know of a track: what it looks like, and when it was seen where."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.history.database import Database
from pipeline.history.groups.pool import Pool, pool_of

PAGE_TRACKS = 2000
_COLUMNS = "tracks.id, tracks.epoch, camera, first_seen, last_seen, ended, grp, by_hand, pooled_px, looks, weight, data"
_TABLES = (
    "templates JOIN tracks ON tracks.id = templates.track LEFT JOIN track_groups ON track_groups.track = tracks.id"
)


@dataclass(frozen=True, slots=True)
class StoredTrack:
    """A track of somebody without an enrolled name. epoch, camera: of which run and camera.

    first_seen, last_seen: Unix seconds.  is_over: whether it has ended.  group: None: it is in none yet.
    by_hand: an operator put it there.
    """

    id: int
    epoch: int
    camera: str
    first_seen: float
    last_seen: float
    is_over: bool
    group: int | None
    by_hand: bool
    pool: Pool

    def is_beside(self, other: "StoredTrack") -> bool:
        """Whether both were in one picture: they cannot be one person."""
        is_same_camera = (self.epoch, self.camera) == (other.epoch, other.camera)
        return is_same_camera and self.first_seen < other.last_seen and other.first_seen < self.last_seen


def track_of_stranger(database: Database, track: int, model_id: str) -> StoredTrack | None:
    """One track; None where it has a name, or no template of this model."""
    query = f"SELECT {_COLUMNS} FROM {_TABLES} WHERE templates.track = ? AND model_id = ? AND named = 0"
    return next(_tracks(database, database.rows(query, (track, model_id))), None)


def grouped_tracks(database: Database, model_id: str) -> Iterator[StoredTrack]:
    """All tracks that are in a group and have a template of this model, the newest first."""
    query = (
        f"SELECT {_COLUMNS} FROM {_TABLES} WHERE model_id = ? AND named = 0 AND grp IS NOT NULL"
        " ORDER BY templates.track DESC"
    )
    for page in database.pages(query, (model_id,), size=PAGE_TRACKS):
        yield from _tracks(database, page)


def tracks_of_group(database: Database, group: int, model_id: str, *, limit: int) -> list[StoredTrack]:
    """The newest tracks of a group with a template of this model."""
    query = (
        f"SELECT {_COLUMNS} FROM {_TABLES} WHERE grp = ? AND model_id = ? AND named = 0"
        " ORDER BY templates.track DESC LIMIT ?"
    )
    return list(_tracks(database, database.rows(query, (group, model_id, limit))))


def waiting_tracks(database: Database, model_id: str, *, after: int, limit: int) -> list[int]:
    """Tracks with a template and without a name that are in no group, from a track on."""
    rows = database.rows(
        "SELECT templates.track FROM templates LEFT JOIN track_groups ON track_groups.track = templates.track"
        " WHERE named = 0 AND model_id = ? AND grp IS NULL AND templates.track > ? ORDER BY templates.track LIMIT ?",
        (model_id, after, limit),
    )
    return [int(track) for (track,) in rows]


def stale_members(database: Database, *, limit: int) -> list[int]:
    """Tracks that are in a group, although they got a name or their template is gone."""
    rows = database.rows(
        "SELECT track_groups.track FROM track_groups LEFT JOIN templates ON templates.track = track_groups.track"
        " WHERE templates.track IS NULL OR named = 1 ORDER BY track_groups.track LIMIT ?",
        (limit,),
    )
    return [int(track) for (track,) in rows]


def was_beside(database: Database, track: StoredTrack, group: int) -> bool:
    """Whether a track of the group was in one picture with this one."""
    return bool(
        database.rows(
            # SQLite reads the left table of a CROSS JOIN first: the few tracks of the group, not the many of the camera
            "SELECT 1 FROM track_groups CROSS JOIN tracks WHERE tracks.id = track_groups.track AND grp = ?"
            " AND tracks.id <> ? AND epoch = ? AND camera = ? AND first_seen < ? AND last_seen > ? LIMIT 1",
            (group, track.id, track.epoch, track.camera, track.last_seen, track.first_seen),
        )
    )


def _tracks(database: Database, rows: list[tuple[Any, ...]]) -> Iterator[StoredTrack]:
    """The tracks of rows; one whose sealed template is damaged is left out."""
    for *others, data in rows:
        if template := database.cipher.open_sound(bytes(data)):
            yield _track(others, template)


def _track(row: Sequence[Any], template: bytes) -> StoredTrack:
    number, epoch, camera, first, last, ended, group, by_hand, px, looks, weight = row
    pool = pool_of(template, px=px, looks=looks, weight=weight)
    return StoredTrack(number, epoch, camera, first, last, ended is not None, group, bool(by_hand), pool)
