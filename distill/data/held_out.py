"""Which faces no student learns from, so that the fit to faces never seen can be measured at any time."""

from collections.abc import Sequence
from zlib import crc32

import numpy as np

from detectors.arrays import Index
from distill.data.prepare import load_state, load_usable_rows
from distill.work_folder import WorkFolder

HELD_OUT_FACES = 1024
MAX_SHARE = 1 / 16  # of few faces


def load_held_out(work: WorkFolder) -> Index:
    """The rows of the prepared faces that are kept out of learning: int64, in order. Raises DistillError."""
    usable = load_usable_rows(work)
    notes = load_state(work).notes
    return usable[choose_held_out([f"{notes[row].source}/{notes[row].name}" for row in usable])]


def choose_held_out(names: Sequence[str]) -> Index:
    """The places, in order, of the faces to hold out, by the names of their pictures.

    The choice depends on names and not on places: a bundle, where faces have other rows, holds out the same ones.
    """
    count = min(HELD_OUT_FACES, int(len(names) * MAX_SHARE))
    rank = np.array([crc32(name.encode()) for name in names], np.int64)
    return np.sort(np.argsort(rank, kind="stable")[:count])
