"""Gathers faces from folders and zips into one store, and leaves out whoever the test knows.

The surprising decision: an excluded face stays in the store and is only marked, so that what was left out can be looked
at, and read as a stranger's (benchmarks/generalisation.py).
"""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import cv2
import msgspec
import numpy as np

from detectors.arrays import Image
from distill.config import FacesSettings, SourceSettings
from distill.data.align import Aligner
from distill.data.manifest import refuse_other
from distill.data.people import person_of
from distill.data.sources import Picture, pictures
from distill.data.store import SIDE, FaceNote, RowFile, face_rows, write_atomic
from distill.errors import DistillError
from distill.progress import Log, Progress

CHUNK = 512
FLAT = 4.0  # standard deviation of grey values below which a picture shows nothing


class State(msgspec.Struct):
    """How far preparation came: every source before `source` is done, and `picture` pictures of that one."""

    source: int = 0
    picture: int = 0
    kept: int = 0  # of the current source
    notes: list[FaceNote] = []
    refused: dict[str, int] = {}
    done: bool = False


def prepare(settings: FacesSettings, work: Path, log: Log) -> None:
    """Fill `work/faces` from the sources, going on where an interrupted run stopped. Raises DistillError."""
    path = work / "faces" / "state.json"
    refuse_other(work / "faces" / "sources.json", "faces", _asked(settings))
    state = msgspec.json.decode(path.read_bytes(), type=State) if path.exists() else State()
    if state.done:
        return
    rows = face_rows(work)
    rows.cut(len(state.notes))
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


def read_state(work: Path) -> State:
    """What preparation found. Raises DistillError where it has not finished."""
    path = work / "faces" / "state.json"
    state = msgspec.json.decode(path.read_bytes(), type=State) if path.exists() else State()
    if not state.done:
        raise DistillError(f"{path}: expected prepared faces; run `python -m distill prepare` first")
    return state


def _chunks(settings: FacesSettings, state: State) -> Iterator[list[Picture]]:
    source = settings.sources[state.source]
    rest = islice(pictures(Path(source.path)), state.picture, None)
    while (chunk := list(islice(rest, CHUNK))) and (settings.limit == 0 or state.kept < settings.limit):
        yield chunk


def _take(chunk: list[Picture], settings: FacesSettings, state: State, rows: RowFile, aligner: Aligner) -> None:
    source = settings.sources[state.source]
    found: list[Image] = []
    for picture in chunk:
        faces, reason = read_faces(picture, source, aligner)
        if settings.limit:
            faces = faces[: max(0, settings.limit - state.kept - len(found))]
        if reason:
            state.refused[reason] = state.refused.get(reason, 0) + 1
        found += faces
        person = person_of(picture.source, picture.name, source.people)
        state.notes += [FaceNote(picture.source, picture.name, person)] * len(faces)
    if found:
        rows.append(np.asarray(found, np.uint8))
    state.picture += len(chunk)
    state.kept += len(found)


def read_faces(picture: Picture, source: SourceSettings, aligner: Aligner) -> tuple[list[Image], str]:
    """The aligned faces of a picture, BGR uint8 (112,112,3), or none and the reason for refusing it."""
    image = picture.decode()
    if image is None:
        return [], "unreadable"
    if not source.aligned:
        faces = aligner.faces(image)
        return faces, "" if faces else "no face found"
    if image.shape[0] != image.shape[1]:
        return [], "not square"
    if image.std() < FLAT:
        return [], "flat"
    if image.shape[0] != SIDE:
        shrinks = image.shape[0] > SIDE
        image = np.asarray(
            cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC), np.uint8
        )
    return [image], ""
