"""Questions to a history: tracks page by page, one track with its events and crop, and who was last seen where."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np

from configs.at_rest import ADDED_BYTES, MAGIC
from detectors.arrays import Float32
from pipeline.events import Event, decode
from pipeline.history.corrections.truth import confirmed_tracks
from pipeline.history.database import open_database
from pipeline.history.face_places import FacePlaces, read_places
from pipeline.history.groups.reader import GroupReader
from recognizer.base import State

TEMPLATES_AT_ONCE = 4096
PLAIN_BYTES = f"(length(data) - CASE WHEN substr(data, 1, {len(MAGIC)}) = ? THEN {ADDED_BYTES} ELSE 0 END)"
"""SQL for the bytes of a template, sealed or not; its value is MAGIC."""
COLUMNS = (
    "tracks.id, epochs.name, camera, number, first_seen, last_seen, ended, face_px, state, person, score, false_alarm,"
    " best_state, epochs.node, evidence_state IS NOT NULL"
)


class TrackRow(NamedTuple):
    """A track as the history knows it. id: its number in this file.  track: in its camera and run (epoch).

    first_seen, last_seen: Unix seconds.  ended: why it ended; None while it is open.  face_px: height of its largest
    face, pixels.  state, person, score, false_alarm: as in its newest evidence.  best_state: the best it ever had.
    node: that saw it.
    corrected: whether an operator said who it is, or is not; state and person are then as they said.
    """

    id: int
    epoch: str
    camera: str
    track: int
    first_seen: float
    last_seen: float
    ended: str | None
    face_px: float
    state: str
    person: str | None
    score: float | None
    false_alarm: float | None
    best_state: str
    node: str
    corrected: bool = False

    @property
    def place(self) -> "Place":
        """Where the page that follows this track begins."""
        return Place(self.first_seen, self.id)


class Place(NamedTuple):
    """After which track a page begins."""

    first_seen: float
    id: int


class Wanted(NamedTuple):
    """Which tracks are asked for; None: all. person: who it is or may be, by the newest evidence.

    since, before: Unix seconds between which it was first seen.  min_px, max_px: of its largest face.
    group: number of the unknown person that it was put with.
    """

    person: str | None = None
    camera: str | None = None
    state: State | None = None
    since: float | None = None
    before: float | None = None
    min_px: float | None = None
    max_px: float | None = None
    group: int | None = None


_CONDITIONS = (
    "person = ?",
    "camera = ?",
    "state = ?",
    "first_seen >= ?",
    "first_seen < ?",
    "face_px >= ?",
    "face_px <= ?",
    "id IN (SELECT track FROM track_groups WHERE grp = ?)",
)
"""In the order of the fields of Wanted."""


class Crop(NamedTuple):
    """The best crop of a track, JPEG, and the height of its face in pixels."""

    track: int
    face_px: float
    data: bytes


class Templates(NamedTuple):
    """Templates of one model: tracks, unit vectors float32 (T,D), pooled face heights in pixels, and looks (T,)."""

    tracks: list[int]
    vectors: Float32
    pooled_px: list[float]
    looks: list[float]


class HistoryReader:
    """Reads a history, also while it is written. place: file or postgresql:// address. Raises like `open_database`."""

    def __init__(self, place: Path | str) -> None:
        self._database = open_database(place)

    def tracks(self, wanted: Wanted | None = None, *, after: Place | None = None, limit: int = 50) -> list[TrackRow]:
        """A page of tracks, the newest first. after: `place` of the last one of the page before."""
        asked = zip(_CONDITIONS, wanted or Wanted(), strict=True)
        given = {condition: value for condition, value in asked if value is not None}
        conditions = [*given, *["(first_seen, id) < (?, ?)"] * (after is not None)]
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        values = (*given.values(), *(after or ()), limit)
        found = f"SELECT id FROM tracks {where} ORDER BY first_seen DESC, id DESC LIMIT ?"
        return self._rows(f"WHERE tracks.id IN ({found}) ORDER BY first_seen DESC, tracks.id DESC", values)

    def places(self, camera: str) -> FacePlaces:
        """Where the newest tracks of a camera were."""
        return read_places(self._database, camera)

    def named_scores(self, limit: int = 500) -> list[float]:
        """Scores of the newest tracks that have a name now, on all cameras."""
        query = "SELECT score FROM tracks WHERE state = 'named' ORDER BY first_seen DESC LIMIT ?"
        return [float(score) for (score,) in self._database.rows(query, (limit,)) if score is not None]

    def track(self, number: int) -> TrackRow | None:
        """One track by its id; None where there is none."""
        return next(iter(self._rows("WHERE tracks.id = ?", (number,))), None)

    def find(self, epoch: str, camera: str, number: int) -> TrackRow | None:
        """A track by the names that events give it; None where there is none."""
        where = "WHERE epochs.name = ? AND camera = ? AND number = ?"
        return next(iter(self._rows(where, (epoch, camera, number))), None)

    def cameras(self) -> list[str]:
        """Names of all cameras, sorted; reads one row of each."""
        found = self._database.rows(
            "WITH RECURSIVE names (name) AS (SELECT min(camera) FROM tracks UNION ALL"
            " SELECT (SELECT min(camera) FROM tracks WHERE camera > name) FROM names WHERE name IS NOT NULL)"
            " SELECT name FROM names WHERE name IS NOT NULL ORDER BY name"
        )
        return [str(name) for (name,) in found]

    def groups_of(self, tracks: Sequence[int]) -> dict[int, int]:
        """The unknown person (number of the group) of each of these tracks that has one."""
        marks = ", ".join("?" * len(tracks)) or "NULL"
        query = f"SELECT track, grp FROM track_groups WHERE track IN ({marks})"
        return {int(track): int(group) for track, group in self._database.rows(query, tuple(tracks))}

    def people(self) -> list[str]:
        """Everybody whom a track is, or may be, by its newest evidence; sorted. Reads one row of each."""
        found = self._database.rows(
            "WITH RECURSIVE names (name) AS (SELECT min(person) FROM tracks UNION ALL"
            " SELECT (SELECT min(person) FROM tracks WHERE person > name) FROM names WHERE name IS NOT NULL)"
            " SELECT name FROM names WHERE name IS NOT NULL ORDER BY name"
        )
        return [str(name) for (name,) in found]

    def confirmed(self, tracks: Sequence[int]) -> dict[int, str]:
        """Who each of these tracks is, of those that an operator confirmed one by one."""
        return confirmed_tracks(self._database, tracks)

    @property
    def unknown_people(self) -> GroupReader:
        """Questions about unknown people, in the same open history."""
        return GroupReader(self._database)

    def by_id(self, tracks: Sequence[int]) -> dict[int, TrackRow]:
        """Tracks by their ids; those that are gone are left out."""
        marks = ", ".join("?" * len(tracks)) or "NULL"
        return {row.id: row for row in self._rows(f"WHERE tracks.id IN ({marks})", tuple(tracks))}

    def events(self, track: int) -> Iterator[Event]:
        """The kept events of a track, in the order in which they were recorded."""
        for (body,) in self._database.rows("SELECT body FROM events WHERE track = ? ORDER BY id", (track,)):
            yield decode(body)

    def crop(self, track: int) -> bytes | None:
        """The best crop of a track, JPEG; None where none is kept."""
        found = self._database.rows("SELECT data FROM crops WHERE track = ?", (track,))
        return self._database.cipher.open_sound(bytes(found[0][0])) if found else None

    def crops(self, size: int) -> Iterator[list[Crop]]:
        """The best crops of all tracks that have one, so many at a time; those that do not open are left out."""
        open_ = self._database.cipher.open_sound
        for page in self._database.pages("SELECT track, face_px, data FROM crops ORDER BY track", size=size):
            opened = [(track, face_px, open_(bytes(data))) for track, face_px, data in page]
            yield [Crop(track, face_px, data) for track, face_px, data in opened if data is not None]

    def last_seen(self) -> list[TrackRow]:
        """The newest track of each named person, by name."""
        return self._rows(
            "JOIN people ON tracks.id = (SELECT id FROM tracks WHERE state = 'named' AND person = people.name"
            " ORDER BY last_seen DESC LIMIT 1) ORDER BY person",
            (),
            begin="WITH RECURSIVE people (name) AS (SELECT min(person) FROM tracks WHERE state = 'named' UNION ALL"
            " SELECT (SELECT min(person) FROM tracks WHERE state = 'named' AND person > name) FROM people"
            " WHERE name IS NOT NULL) ",
        )

    def templates(self, model_id: str, dim: int | None = None) -> Iterator[Templates]:
        """All templates of a model with `dim` numbers, TEMPLATES_AT_ONCE at a time; None: as many as most have."""
        query = (
            "SELECT track, data, pooled_px, looks FROM templates"
            f" WHERE model_id = ? AND {PLAIN_BYTES} = ? ORDER BY track"
        )
        values = (model_id, MAGIC, self._usual_bytes(model_id) if dim is None else 2 * dim)
        open_ = self._database.cipher.open_sound
        for page in self._database.pages(query, values, size=TEMPLATES_AT_ONCE):
            opened = ((track, open_(data), *others) for track, data, *others in page)
            if sound := [row for row in opened if row[1] is not None]:
                tracks, vectors, sizes, looks = zip(*sound, strict=True)
                yield Templates(list(tracks), _vectors(vectors), list(sizes), list(looks))

    def _usual_bytes(self, model_id: str) -> int:
        query = (
            f"SELECT {PLAIN_BYTES} AS size FROM templates WHERE model_id = ? GROUP BY size"
            " ORDER BY count(*) DESC LIMIT 1"
        )
        found = self._database.rows(query, (MAGIC, model_id))
        return int(found[0][0]) if found else 0

    def template(self, track: int, model_id: str) -> Templates | None:
        """The template of one track; None where none of this model is kept."""
        query = "SELECT track, data, pooled_px, looks FROM templates WHERE track = ? AND model_id = ?"
        found = self._database.rows(query, (track, model_id))
        data = self._database.cipher.open_sound(bytes(found[0][1])) if found else None
        return Templates([track], _vectors([data]), [found[0][2]], [found[0][3]]) if data else None

    def models(self) -> dict[str, int]:
        """How many templates there are of each model."""
        return dict(self._database.rows("SELECT model_id, count(*) FROM templates GROUP BY model_id"))

    def nodes(self) -> list[str]:
        """The nodes whose past this is, by name; none before the first event, and one of an SQLite file."""
        return [str(name) for (name,) in self._database.rows("SELECT name FROM node ORDER BY name")]

    def close(self) -> None:
        """Close the file; may be called twice."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _rows(self, rest: str, values: tuple[object, ...], *, begin: str = "") -> list[TrackRow]:
        query = f"{begin}SELECT {COLUMNS} FROM tracks JOIN epochs ON epochs.id = tracks.epoch {rest}"
        return [TrackRow(*row)._replace(corrected=bool(row[-1])) for row in self._database.rows(query, values)]


def _vectors(data: Sequence[bytes]) -> Float32:
    """Unit rows float32 (T,D) of templates in float16."""
    vectors = np.stack([np.frombuffer(row, "<f2") for row in data]).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors
