"""What erasing asks a history beside the name: where the person's tracks were, what they look like, and the others."""

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from detectors.arrays import Float32
from pipeline.erase.history import HistoryStore, delete_sample, opened_history
from pipeline.erase.postgres_history import PostgresHistory
from pipeline.erase.store import Store
from pipeline.history.corrections.correction import source_of
from pipeline.history.database import Database
from pipeline.history.groups.group_name import group_name
from pipeline.history.groups.membership import refresh, take_out
from recognizer.base import State
from recognizer.gallery.names import printable

FACES = (
    "SELECT tracks.id, camera, number, model_id, data, grp, person, state FROM templates"
    " JOIN tracks ON tracks.id = templates.track LEFT JOIN track_groups ON track_groups.track = tracks.id"
    " ORDER BY tracks.id"
)
ROWS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Sight:
    """When a camera saw the person. first, last: Unix seconds."""

    camera: str
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class TrackFace:
    """A template. vector: float32 (D,), unit length.  stored: its bytes in the history.  what: names it for people.

    is_named: whether the track has somebody's name.
    """

    track: int
    what: str
    model_id: str
    vector: Float32
    stored: bytes
    is_named: bool


def open_history(path: Path, store: Store, *, change: bool = False) -> AbstractContextManager[Database] | None:
    """The history that a store is, to be read or changed; None for another store. Raises like `opened_history`."""
    if isinstance(store, PostgresHistory):
        return opened_history(store.address, change=change)
    return opened_history(path, change=change) if isinstance(store, HistoryStore) else None


def sights_of(database: Database, tracks: Collection[int]) -> list[Sight]:
    """When and where these tracks were seen."""
    query = "SELECT camera, first_seen, last_seen FROM tracks WHERE id = ?"
    return [Sight(*row) for track in tracks for row in database.rows(query, (track,))]


def sources_of(database: Database, tracks: Collection[int]) -> set[str]:
    """What a gallery calls these tracks."""
    return {source_of(database, track) for track in tracks}


def track_faces(database: Database) -> Iterator[TrackFace]:
    """All templates that can be used. Raises KeyNeededError, a ValueError, for those of another key."""
    for page in database.pages(FACES, size=ROWS_AT_ONCE):
        for track, camera, number, model_id, data, group, person, state in page:
            opened = database.cipher.open_sound(bytes(data))
            if not opened or len(opened) % 2:
                continue
            vector = np.frombuffer(opened, "<f2").astype(np.float32)
            length = float(np.linalg.norm(vector))
            if np.isfinite(length) and length > 0:
                of_group = f", {group_name(group)}" if group is not None else ""
                name = printable(person) if state == State.NAMED and person else ""
                of_name = f", named {name}" if name else ""
                what = f"template and crop of track {track} ({camera} #{number}{of_group}{of_name})"
                yield TrackFace(track, what, model_id, vector / length, bytes(data), is_named=bool(name))


def forget_tracks(database: Database, tracks: Collection[int]) -> None:
    """Delete templates and crops of tracks, and what corrections have still to do with them in the gallery; take them
    out of their groups, and overwrite the bytes."""
    with database.writing():
        sources = [source_of(database, track).encode() for track in tracks]
        for number, body in database.rows("SELECT id, body FROM gallery_work"):
            work = database.cipher.open(bytes(body))
            if any(b'"%s"' % source in work for source in sources):
                database.change("DELETE FROM gallery_work WHERE id = ?", (number,))
        for track in tracks:
            for table in ("crops", "templates"):
                delete_sample(database, table, track)
        refresh(database, [member.group for member in take_out(database, sorted(tracks))])
    database.scrub()
