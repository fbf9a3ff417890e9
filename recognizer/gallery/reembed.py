"""Computes the vectors of a gallery again from its stored chips, with another model.

Negatives have no picture: those of the old model stay, and are used again where the gallery is of that model again.
All of it is one transaction. Readers see the old vectors until the last one is written, and an error or a kill leaves
the old gallery.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from detectors.arrays import Chips, Float32, Image
from recognizer.base import Readings, Recognizer
from recognizer.enrolled import read_enrolled
from recognizer.gallery.chips import cut_from_stored, decode_chip
from recognizer.gallery.database import Database
from recognizer.gallery.usable import are_unit
from recognizer.spec import ChipSpec

BATCH_FACES = 64
MAX_NAMES = 10  # people listed in an error


@dataclass(frozen=True, slots=True)
class Reembedding:
    """What was done: faces read again, faces dropped because they have no chip, and the model before and after."""

    faces: int
    dropped: int
    old_model_id: str
    model_id: str


@dataclass(frozen=True, slots=True)
class _StoredFace:
    row: int
    person: str
    source: str
    face_px: float
    chip: bytes


def reembed(
    database: Database,
    recognizer: Recognizer,
    *,
    drop_without_chips: bool = False,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Reembedding:
    """Replace the vectors of all faces by those of `recognizer`; `on_progress` gets (faces done, all faces).

    Raises ValueError, and changes nothing, for faces without a chip unless they are to be dropped, for a damaged chip,
    and for a face that gives no usable vector. Raises TimeoutError when another process keeps the bytes of dropped
    faces in the file; the gallery is then changed, and a second call overwrites the bytes.
    """
    with database.writing():
        old_model_id = database.header().model_id
        dropped = _drop_without_chips(database) if drop_without_chips else _refuse_without_chips(database)
        total = int(database.rows("SELECT count(*) FROM faces")[0][0])
        done = 0
        for faces in _batches(database):
            readings = _read(faces, recognizer, database)
            for face, vector, length in zip(faces, readings.vectors, readings.lengths, strict=True):
                _replace(database, face.row, vector, float(length), recognizer.model_id)
            done += len(faces)
            on_progress(done, total)
        space = (recognizer.model_id, recognizer.dim) if total else ("", 0)  # an empty gallery accepts any model
        database.change("UPDATE gallery SET model_id = ?, dim = ?", space)
    if drop_without_chips:  # also when nothing was dropped: completes an earlier call that raised TimeoutError
        database.scrub()
    return Reembedding(total, dropped, old_model_id, recognizer.model_id)


def _refuse_without_chips(database: Database) -> int:
    """Number of faces without a chip, which is 0. Raises ValueError that names the people of the others."""
    rows = database.rows(
        "SELECT name, count(*) FROM faces JOIN people ON people.id = person WHERE chip IS NULL"
        " GROUP BY people.id ORDER BY name"
    )
    if rows:
        faces = sum(count for _, count in rows)
        names = ", ".join(f"{name} ({count})" for name, count in rows[:MAX_NAMES])
        more = f" and {len(rows) - MAX_NAMES} more" if len(rows) > MAX_NAMES else ""
        raise ValueError(
            f"gallery {database.path}: expected a picture of every face; {faces} have none: {names}{more}."
            " Enrol their photographs into a new gallery, or drop these faces with --drop-without-chips"
        )
    return 0


def _drop_without_chips(database: Database) -> int:
    """Delete faces without a chip and people left without a face; returns the number of faces."""
    dropped = database.change("DELETE FROM faces WHERE chip IS NULL")
    database.change("DELETE FROM people WHERE id NOT IN (SELECT person FROM faces)")
    return dropped


def _batches(database: Database) -> Iterator[list[_StoredFace]]:
    """All faces in the order of enrolment, some at a time: the chips of a large gallery do not fit into memory."""
    last = 0
    query = (
        "SELECT faces.id, name, source, face_px, chip FROM faces JOIN people ON people.id = person"
        f" WHERE faces.id > ? ORDER BY faces.id LIMIT {BATCH_FACES}"
    )
    while rows := database.rows(query, (last,)):
        yield [_stored_face(row, database) for row in rows]
        last = rows[-1][0]


def _stored_face(row: Sequence[Any], database: Database) -> _StoredFace:
    number, person, source, face_px, chip = row
    return _StoredFace(number, person, source, face_px, database.cipher.open(chip))


def _read(faces: Sequence[_StoredFace], recognizer: Recognizer, database: Database) -> Readings:
    """Readings of the faces, each cut for the member of a family that suits its height."""
    groups: dict[int, list[int]] = {}
    specs = [recognizer.spec_for(face.face_px) for face in faces]
    for position, spec in enumerate(specs):
        groups.setdefault(spec.size, []).append(position)
    vectors = np.zeros((len(faces), recognizer.dim), np.float32)
    lengths = np.full(len(faces), np.nan, np.float32)
    for positions in groups.values():
        group = [faces[position] for position in positions]
        readings = read_enrolled(recognizer, group[0].face_px, partial(_cut_all, group, database))
        vectors[positions], lengths[positions] = readings.vectors, readings.lengths
    for face, usable in zip(faces, are_unit(vectors), strict=True):
        if not usable:
            raise ValueError(f"{_describe(face, database)}: the recogniser returned no usable vector")
    return Readings(vectors, lengths)


def _cut_all(faces: Sequence[_StoredFace], database: Database, spec: ChipSpec) -> Chips:
    return np.stack([_cut(face, spec, database) for face in faces])


def _cut(face: _StoredFace, spec: ChipSpec, database: Database) -> Image:
    try:
        return cut_from_stored(decode_chip(face.chip), spec)
    except ValueError as error:
        raise ValueError(f"{_describe(face, database)}: {error}") from error


def _describe(face: _StoredFace, database: Database) -> str:
    return f"gallery {database.path}, {face.person}, {face.source}"


def _replace(database: Database, row: int, vector: Float32, length: float, model_id: str) -> None:
    database.change(
        "UPDATE faces SET vector = ?, model_id = ?, length = ? WHERE id = ?",
        (database.cipher.seal(vector.astype("<f4").tobytes()), model_id, length, row),  # SQLite stores NaN as NULL
    )
