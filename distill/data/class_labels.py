"""The people among the training faces, as numbers: what classification needs and most public faces lack."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from detectors.arrays import Int64, Mask
from distill.data.prepare import load_state
from distill.data.store import FaceNote
from distill.work_folder import WorkFolder

FEWEST = 2  # faces a person needs: one face alone is no class


def assign_classes(notes: Sequence[FaceNote], usable: Mask) -> Int64:
    """A class number for each face, int64 (N,): -1 where the person is not known, has one face, or is excluded."""
    counts = Counter(note.person for note, use in zip(notes, usable, strict=True) if use and note.person)
    number = {person: index for index, person in enumerate(sorted(p for p, n in counts.items() if n >= FEWEST))}
    known = [number.get(note.person, -1) if use else -1 for note, use in zip(notes, usable, strict=True)]
    return np.array(known, np.int64)


def load_classes(work: WorkFolder) -> Int64:
    """The same for the faces of a work folder."""
    return assign_classes(load_state(work).notes, np.load(work.usable))
