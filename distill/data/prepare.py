"""Gathers faces from folders and zips into one store, and leaves out whoever the test knows.

The surprising decision: an excluded face stays in the store and is only marked, so that what was left out can be looked
at, and read as a stranger's (benchmarks/generalisation.py).
"""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec
import numpy as np

from detectors.arrays import Image, Index
from distill.config import FacesSettings, SourceSettings
from distill.data.align import Aligner
from distill.data.manifest import require_unchanged
from distill.data.people import person_from_path
from distill.data.resample import enlarge, shrink
from distill.data.sources import Picture, read_pictures
from distill.data.store import FACE_SIDE_PX, FaceNote, RowFile, face_rows, write_atomic
from distill.errors import DistillError
from distill.progress import Log, Progress
from distill.work_folder import WorkFolder

CHUNK = 512
MIN_CONTRAST = 4.0  # standard deviation of grey values below which a picture shows nothing


class State(msgspec.Struct):
    """How far preparation came: every source before `source` is done, and `picture` pictures of that one."""

    source: int = 0
    picture: int = 0
    kept: int = 0  # of the current source
    notes: list[FaceNote] = []
    refused: dict[str, int] = {}
    done: bool = False


def prepare(settings: FacesSettings, work: WorkFolder, log: Log) -> None:
    """Fill `work/faces` from the sources, going on where an interrupted run stopped. Raises DistillError."""
    path = work.prepare_state
    require_unchanged(work.prepare_settings, "faces", _asked(settings))
    state = msgspec.json.decode(path.read_bytes(), type=State) if path.exists() else State()
    if state.done:
        return
    rows = face_rows(work)
    rows.truncate(len(state.notes))
    aligner = Aligner(settings.detector)
    with Progress("prepare", unit="faces", done=len(state.notes)) as progress:
        while state.source < len(settings.sources):
            for chunk in _chunks(settings, state):
                _take(chunk, settings, state, rows, aligner)
                write_atomic(path, msgspec.json.encode(state))
                progress.at(len(state.notes))
            state.source, state.picture, state.kept = state.source + 1, 0, 0
    if not state.notes:
        raise DistillError(f"faces.sources: expected faces, found none; refused: {state.refused or 'nothing'}")
    log.write("prepare", faces=len(rows), refused=state.refused, sources=dict(Counter(n.source for n in state.notes)))
    state.done = True  # last: a kill before it writes the line once more, one after it would leave none
    write_atomic(path, msgspec.json.encode(state))


def _asked(settings: FacesSettings) -> dict[str, object]:
    """What decides which faces there are; where they lie may change."""
    sources = [(Path(one.path).name, one.people, one.aligned) for one in settings.sources]
    return {"sources": sources, "detector": Path(settings.detector).name, "limit": settings.limit}


def load_state(work: WorkFolder) -> State:
    """What preparation found. Raises DistillError where it has not finished."""
    path = work.prepare_state
    state = msgspec.json.decode(path.read_bytes(), type=State) if path.exists() else State()
    if not state.done:
        raise DistillError(f"{path}: expected prepared faces; run `python -m distill prepare` first")
    return state


def load_usable_rows(work: WorkFolder) -> Index:
    """Which prepared faces may be learnt from. Raises DistillError where preparation has not said."""
    if not work.usable.is_file():
        raise DistillError(f"{work.usable}: expected prepared faces; run `python -m distill prepare` first")
    return np.flatnonzero(np.load(work.usable))


def _chunks(settings: FacesSettings, state: State) -> Iterator[list[Picture]]:
    source = settings.sources[state.source]
    rest = islice(read_pictures(Path(source.path)), state.picture, None)
    while (chunk := list(islice(rest, CHUNK))) and (settings.limit == 0 or state.kept < settings.limit):
        yield chunk


def _take(chunk: list[Picture], settings: FacesSettings, state: State, rows: RowFile, aligner: Aligner) -> None:
    source = settings.sources[state.source]
    found: list[Image] = []
    for picture in chunk:
        faces, reason = extract_faces(picture, source, aligner)
        if settings.limit:
            faces = faces[: max(0, settings.limit - state.kept - len(found))]
        if reason:
            state.refused[reason] = state.refused.get(reason, 0) + 1
        found += faces
        person = person_from_path(picture.source, picture.name, source.people)
        state.notes += [FaceNote(picture.source, picture.name, person)] * len(faces)
    if found:
        rows.append(np.asarray(found, np.uint8))
    state.picture += len(chunk)
    state.kept += len(found)


def extract_faces(picture: Picture, source: SourceSettings, aligner: Aligner) -> tuple[list[Image], str]:
    """The aligned faces of a picture, BGR uint8 (112,112,3), or none and the reason for refusing it."""
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
