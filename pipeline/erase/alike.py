"""Finds faces that may be the person's though no store says so: by likeness to what is kept under the name.

Compared are templates of histories and negatives of galleries. A likeness is no proof, so each is erased only where it
is confirmed by its key.
"""

import hashlib
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from detectors.arrays import Float32
from pipeline.erase.databases import name_of
from pipeline.erase.gallery import forget_negatives, negatives_of, vectors_of
from pipeline.erase.history import tracks_of
from pipeline.erase.history_faces import TrackFace, forget_tracks, open_history, track_faces
from pipeline.erase.person import Person
from pipeline.erase.postgres_gallery import gallery_at
from pipeline.erase.store import IncompleteError, Outcome, Store

LEAST_SCORE = 0.5
ALL = "all"
NOTHING = (
    "nothing to compare with: nobody of this name is enrolled or has a template of a track; say which track is theirs"
    " (glimpse history search --photo, then this-is), and run this again"
)
Place = tuple[Path, Store]


@dataclass(frozen=True, slots=True)
class Wanted:
    """least: the cosine from which a face is listed.  confirmed: keys of those that are erased, or ALL."""

    least: float = LEAST_SCORE
    confirmed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Alike:
    """A face that is like the person's. number: its track; source: of a negative of `name`.  stored: its bytes."""

    place: Place
    what: str
    score: float
    stored: bytes
    track: int | None = None
    name: str = ""
    source: str = ""
    is_named: bool = False

    @property
    def shown(self) -> Path | str:
        """How people call its store."""
        return shown_place(self.place)

    @property
    def key(self) -> str:
        """Names it, whatever else is found."""
        text = f"{self.shown}\0{self.track}\0{self.name}\0{self.source}"
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:8]

    def is_confirmed(self, wanted: Wanted) -> bool:
        """Whether it is to be erased; ALL does not mean tracks that have the name of somebody else."""
        return self.key in wanted.confirmed or (ALL in wanted.confirmed and not self.is_named)


@dataclass(frozen=True, slots=True)
class Found:
    """alike: the most alike first.  outcomes: what could not be compared."""

    alike: list[Alike]
    outcomes: list[Outcome]


def find_alike(places: Sequence[Place], person: Person, wanted: Wanted) -> Found:
    """Compare all faces that do not have the name with those that do; nothing is changed."""
    outcomes: list[Outcome] = []
    theirs: dict[str, list[Float32]] = defaultdict(list)
    for place in places:
        with _noted(place, outcomes):
            for model_id, vector in _vectors_of(place, person):
                theirs[model_id].append(vector)
    if not theirs:
        return Found([], [*outcomes, Outcome(shown_place(places[0]), left=NOTHING)] if places else outcomes)
    known = {model_id: np.stack(vectors) for model_id, vectors in theirs.items()}
    alike: list[Alike] = []
    for place in places:
        with _noted(place, outcomes):
            other_models = 0
            for model_id, vector, face in _others(place, person):
                if model_id not in known or known[model_id].shape[1] != len(vector):
                    other_models += 1
                elif (score := float((known[model_id] @ vector).max())) >= wanted.least:
                    fields = (face.what, score, face.stored, face.track, face.name, face.source, face.is_named)
                    alike.append(Alike(place, *fields))
            if other_models:
                outcomes.append(
                    Outcome(shown_place(place), left=f"faces of another recogniser, not compared: {other_models}")
                )
    return Found(sorted(alike, key=lambda one: -one.score), outcomes)


def erase_alike(alike: Sequence[Alike], wanted: Wanted) -> Iterator[Outcome]:
    """Erase those that are confirmed; the others are left, with the key that confirms each."""
    for one in alike:
        if not one.is_confirmed(wanted):
            left = f"{one.what}: perhaps theirs, likeness {one.score:.2f}; if it is, give --confirm-alike {one.key}"
            yield Outcome(one.shown, left=left)
    confirmed: dict[Place, list[Alike]] = defaultdict(list)
    for one in alike:
        if one.is_confirmed(wanted):
            confirmed[one.place].append(one)
    for place, ones in confirmed.items():
        failed: list[Outcome] = []
        with _noted(place, failed):
            _forget(ones)
        yield from failed or (
            Outcome(one.shown, changed=f"{one.what} erased, likeness {one.score:.2f}, confirmed") for one in ones
        )


def shown_place(place: Place) -> Path | str:
    """How people call a store."""
    return name_of(*place)


@dataclass(frozen=True, slots=True)
class _Face:
    what: str
    stored: bytes
    track: int | None = None
    name: str = ""
    source: str = ""
    is_named: bool = False


def _vectors_of(place: Place, person: Person) -> Iterator[tuple[str, Float32]]:
    path, store = place
    if (gallery := gallery_at(path, store)) is not None:
        yield from vectors_of(gallery, person)
    elif opening := open_history(path, store):
        with opening as database:
            tracks = set(tracks_of(database, person))
            yield from ((face.model_id, face.vector) for face in track_faces(database) if face.track in tracks)


def _others(place: Place, person: Person) -> Iterator[tuple[str, Float32, _Face]]:
    path, store = place
    if (gallery := gallery_at(path, store)) is not None:
        for model_id, name, negative in negatives_of(gallery):
            if not person.is_named(name):
                what = f"negative of {name}, {negative.source}"
                face = _Face(what, negative.vector.astype("<f4").tobytes(), name=name, source=negative.source)
                yield model_id, negative.vector, face
    elif opening := open_history(path, store):
        with opening as database:
            tracks = set(tracks_of(database, person))
            for other in track_faces(database):
                if other.track not in tracks:
                    yield other.model_id, other.vector, _face_of(other)


def _face_of(other: TrackFace) -> _Face:
    return _Face(other.what, other.stored, track=other.track, is_named=other.is_named)


def _forget(ones: Sequence[Alike]) -> None:
    """Erase faces of one store."""
    path, store = ones[0].place
    if (gallery := gallery_at(path, store)) is not None:
        forget_negatives(gallery, [(one.name, one.source) for one in ones])
    elif opening := open_history(path, store, change=True):
        with opening as database:
            forget_tracks(database, [one.track for one in ones if one.track is not None])


@contextmanager
def _noted(place: Place, outcomes: list[Outcome]) -> Iterator[None]:
    """Notes why a store could not be compared or changed."""
    try:
        yield
    except (IncompleteError, OSError, ValueError, KeyError, sqlite3.Error) as error:
        outcomes.append(Outcome(shown_place(place), left=f"faces not compared: {error}"))
