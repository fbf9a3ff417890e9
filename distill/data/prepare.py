"""Stage `prepare`: collects faces from folders and zips into one store, and reads what it found.

Excluded faces (distill/teacher/exclude.py) stay in the store and are only marked: benchmarks/generalisation.py reads
them as strangers' faces.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec
import numpy as np

from detectors.arrays import Image, Index, Int64
from distill.config import FacesSettings, SourceSettings
from distill.data.align import Aligner
from distill.data.manifest import require_unchanged
from distill.data.people import assign_classes, person_from_path
from distill.data.resample import enlarge, shrink
from distill.data.sources import Picture, read_pictures
from distill.data.store import FACE_SIDE_PX, FaceNote, RowFile, face_rows, write_atomic
from distill.errors import DistillError
from distill.progress import Log, Progress
from distill.work_folder import WorkFolder

CHUNK = 512  # pictures between two writes of the state
MIN_CONTRAST = 4.0  # standard deviation of grey values; a picture below it is blank


class PreparationProgress(msgspec.Struct):
    """How far preparation came: all sources before index `source`, and `picture` pictures of that one."""

    source: int = 0
    picture: int = 0
    kept: int = 0  # faces of the current source
    notes: list[FaceNote] = []
    refused: dict[str, int] = {}
    done: bool = False


def prepare(settings: FacesSettings, work: WorkFolder, log: Log) -> None:
    """Collect the faces of all sources; an interrupted run resumes after its last chunk. Raises DistillError."""
    require_unchanged(work.prepare_settings, "faces", _settings_that_matter(settings))
    state = _read_state(work)
    if state.done:
        return
    rows = face_rows(work)
    rows.truncate(len(state.notes))
    aligner = Aligner(settings.detector)
    with Progress("prepare", unit="faces", done=len(state.notes)) as progress:
        while state.source < len(settings.sources):
            for chunk in _chunks(settings, state):
                _add_chunk(chunk, settings, state, rows, aligner)
                _write_state(work, state)
                progress.update(len(state.notes))
            state.source, state.picture, state.kept = state.source + 1, 0, 0
    if not state.notes:
        places = ", ".join(Path(source.path).name for source in settings.sources)
        raise DistillError(
            f"faces.sources: expected faces in {places}, found none; refused: {state.refused or 'nothing'}"
        )
    counts = Counter(note.source for note in state.notes)
    log.write("prepare", faces=len(rows), refused=state.refused, sources=dict(counts))
    state.done = True  # after the log line: a kill between the two repeats the line rather than losing it
    _write_state(work, state)


def extract_faces(picture: Picture, source: SourceSettings, aligner: Aligner) -> tuple[list[Image], str]:
    """Return the aligned faces BGR uint8 (112,112,3) of a picture, or none and the reason why it is refused."""
    image = picture.decode()
    if image is None:
        return [], "unreadable"
    if not source.aligned:
        faces = aligner.align(image)
        return faces, "" if faces else "no face found"
    if image.shape[0] != image.shape[1]:
        return [], "not square"
    if image.std() < MIN_CONTRAST:
        return [], "flat"
    if image.shape[0] != FACE_SIDE_PX:
        resize = shrink if image.shape[0] > FACE_SIDE_PX else enlarge
        image = resize(image[None], FACE_SIDE_PX)[0]
    return [image], ""


def load_state(work: WorkFolder) -> PreparationProgress:
    """Return what preparation found. Raises DistillError if it has not finished."""
    state = _read_state(work)
    if not state.done:
        raise DistillError(f"{work.prepare_state}: expected prepared faces; run `python -m distill prepare` first")
    return state


def load_usable_rows(work: WorkFolder) -> Index:
    """Return the rows of prepared faces that are not excluded. Raises DistillError if preparation has not finished."""
    if not work.usable.is_file():
        raise DistillError(f"{work.usable}: expected prepared faces; run `python -m distill prepare` first")
    return np.flatnonzero(np.load(work.usable))


def load_classes(work: WorkFolder) -> Int64:
    """Return a class number for each prepared face (N,), -1 for none (distill/data/people.py). Raises DistillError."""
    return assign_classes(load_state(work).notes, np.load(work.usable))


def _settings_that_matter(settings: FacesSettings) -> dict[str, object]:
    """Names, not paths: sources may move to another folder."""
    sources = [(Path(source.path).name, source.people, source.aligned) for source in settings.sources]
    return {"sources": sources, "detector": Path(settings.detector).name, "limit": settings.limit}


def _read_state(work: WorkFolder) -> PreparationProgress:
    path = work.prepare_state
    return msgspec.json.decode(path.read_bytes(), type=PreparationProgress) if path.exists() else PreparationProgress()


def _write_state(work: WorkFolder, state: PreparationProgress) -> None:
    write_atomic(work.prepare_state, msgspec.json.encode(state))


def _chunks(settings: FacesSettings, state: PreparationProgress) -> Iterator[list[Picture]]:
    """The rest of the current source, until its limit of faces is reached."""
    source = settings.sources[state.source]
    rest = islice(read_pictures(Path(source.path)), state.picture, None)
    while (chunk := list(islice(rest, CHUNK))) and (settings.limit == 0 or state.kept < settings.limit):
        yield chunk


def _add_chunk(
    chunk: list[Picture], settings: FacesSettings, state: PreparationProgress, rows: RowFile, aligner: Aligner
) -> None:
    source = settings.sources[state.source]
    added: list[Image] = []
    for picture in chunk:
        faces, reason = extract_faces(picture, source, aligner)
        if settings.limit:
            faces = faces[: max(0, settings.limit - state.kept - len(added))]
        if reason:
            state.refused[reason] = state.refused.get(reason, 0) + 1
        added += faces
        person = person_from_path(picture.source, picture.name, source.people)
        state.notes += [FaceNote(picture.source, picture.name, person)] * len(faces)
    if added:
        rows.append(np.asarray(added, np.uint8))
    state.picture += len(chunk)
    state.kept += len(added)
