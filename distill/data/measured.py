"""Whom no student learns from, so that a calibration can be measured with them (`faces.measure_share`)."""

from collections.abc import Sequence
from zlib import crc32

import numpy as np

from detectors.arrays import Image, Mask
from distill.data.prepare import load_state
from distill.data.store import FaceNote, face_rows
from distill.errors import DistillError
from distill.work_folder import WorkFolder


def choose_measured(notes: Sequence[FaceNote], share: float) -> Mask:
    """Which faces (N,) show the share of people who are measured with: chosen by name, so the same after a resume."""
    people = sorted({_person(note) for note in notes}, key=lambda person: (crc32(person.encode()), person))
    chosen = set(people[: round(len(people) * share)])
    return np.array([_person(note) in chosen for note in notes], bool)


def read_measured(work: WorkFolder) -> dict[str, list[Image]]:
    """The aligned faces, BGR uint8 (112,112,3), of everybody who is measured with. Raises DistillError for none."""
    if not work.measured.is_file() or not (chosen := np.load(work.measured)).any():
        raise DistillError("faces.measure_share: expected people whom no student learns from, got none")
    faces, notes = face_rows(work).array(), load_state(work).notes
    people: dict[str, list[Image]] = {}
    for row in np.flatnonzero(chosen):
        people.setdefault(_person(notes[row]), []).append(np.array(faces[row]))
    return people


def _person(note: FaceNote) -> str:
    return note.person or f"{note.source}/{note.name}"
