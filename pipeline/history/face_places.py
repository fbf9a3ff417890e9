"""Where on a camera's picture its newest tracks were, how high their faces were, and which of them got a name."""

from collections import defaultdict
from dataclasses import dataclass

import msgspec

from pipeline.events import topic_of
from pipeline.history.database import Database
from recognizer.base import State

MOST_TRACKS = 2000
MOST_EVENTS = 30_000
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class SeenTrack:
    """A track. face_px: height of its largest face.  best_state: the best it ever had.  score: of its newest evidence.

    verdict: what an operator said: 1: it is who it was taken for; 0: it is not; None: nothing.
    """

    face_px: float
    best_state: str
    score: float | None
    verdict: int | None


@dataclass(frozen=True, slots=True)
class FacePlaces:
    """What is known of a camera. boxes: x1, y1, x2, y2 in pixels.  looks: independent looks at the end of each track.

    width, height: of the frame, pixels; 0 where no event says.
    """

    tracks: list[SeenTrack]
    boxes: list[Box]
    looks: list[float]
    width: int
    height: int


class _Evidence(msgspec.Struct):
    effective: float = 0.0


class _Body(msgspec.Struct):
    """What is read of an event; the rest is skipped, for speed."""

    kind: str
    box: Box | None = None
    evidence: _Evidence | None = None
    width: int = 0
    height: int = 0


_DECODER = msgspec.json.Decoder(_Body)
NEWEST = "SELECT id FROM tracks WHERE camera = ? ORDER BY first_seen DESC, id DESC LIMIT ?"


def read_places(
    database: Database, camera: str, *, most_tracks: int = MOST_TRACKS, most_events: int = MOST_EVENTS
) -> FacePlaces:
    """Read the newest tracks of a camera, and their events up to a limit. Raises like `Database`."""
    rows = database.rows(
        "SELECT tracks.face_px, tracks.best_state, tracks.score, verdicts.is_person FROM tracks"
        " LEFT JOIN verdicts ON verdicts.track = tracks.id AND verdicts.person = tracks.person"
        " WHERE camera = ? ORDER BY first_seen DESC, tracks.id DESC LIMIT ?",
        (camera, most_tracks),
    )
    bodies = database.rows(
        f"SELECT track, body FROM events WHERE track IN ({NEWEST}) ORDER BY id DESC LIMIT ?",
        (camera, most_tracks, most_events),
    )
    boxes: list[Box] = []
    looks: defaultdict[int, float] = defaultdict(float)
    for track, body in bodies:
        event = _DECODER.decode(bytes(body))
        if event.kind == "track" and event.box:
            boxes.append(event.box)
        if event.evidence:
            looks[track] = max(looks[track], event.evidence.effective)
    width, height = _frame(database, camera)
    tracks = [SeenTrack(float(px), state, score, verdict) for px, state, score, verdict in rows]
    return FacePlaces(tracks, boxes, [look for look in looks.values() if look > 0], width, height)


def is_named(track: SeenTrack) -> bool:
    """Whether a track had a name at any time, and nobody took it back."""
    return track.best_state == State.NAMED and track.verdict != 0


def _frame(database: Database, camera: str) -> tuple[int, int]:
    """Width and height as the newest event of the camera itself says."""
    rows = database.rows(
        "SELECT body FROM events WHERE topic = ? AND epoch ="
        " (SELECT epoch FROM tracks WHERE camera = ? ORDER BY first_seen DESC, id DESC LIMIT 1)"
        " ORDER BY seq DESC LIMIT 20",
        (topic_of("camera", camera), camera),
    )
    found = (_DECODER.decode(bytes(body)) for (body,) in rows)
    return next(((event.width, event.height) for event in found if event.width and event.height), (0, 0))
