"""Excludes test people from the training faces: by name where faces have names, and by teacher similarity.

The similarity threshold is low on purpose. Excluding a few strangers costs nothing; training on one test person makes
every test figure doubtful.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from detectors.arrays import AnyArray, Float32, Mask
from distill.config import ExcludeSettings
from distill.data.manifest import require_unchanged
from distill.data.measured import choose_measured
from distill.data.people import normalise_name
from distill.data.store import FaceNote, write_array
from distill.metrics.lfw import LfwFaces, read_faces
from distill.progress import Log
from distill.teacher.features import embed_rows
from distill.teacher.model import Ensemble
from distill.work_folder import WorkFolder
from recognizer.preprocess import l2_normalise


def exclude_test_people(
    settings: ExcludeSettings,
    work: WorkFolder,
    teacher: Ensemble,
    notes: Sequence[FaceNote],
    log: Log,
    *,
    measure_share: float = 0.0,
) -> Mask:
    """Mark the usable faces, bool (N,), write the mask to the work folder and the counts to the log.

    measure_share: of the people, who are not usable either (distill/data/measured.py).

    Raises DistillError if the folder was made with other settings.
    """
    recorded = {"images": Path(settings.images).name, "similarity": settings.similarity, "names": settings.by_name}
    require_unchanged(work.exclude_settings, "faces.exclude", recorded)
    require_unchanged(work.measure_settings, "faces", {"measure_share": measure_share})
    if work.usable.exists():
        known: Mask = np.load(work.usable)
        return known
    usable = np.ones(len(notes), bool)
    if settings.images:
        usable = ~_find_test_people(settings, work, teacher, notes, log)
    measured = usable & choose_measured(notes, measure_share)
    usable &= ~measured
    write_array(work.measured, measured)
    log.write("usable", faces=int(usable.sum()), of=len(notes), measured=int(measured.sum()))
    write_array(work.usable, usable)  # last: if the file is there, so are the log lines
    return usable


def max_similarity(features: AnyArray, test: Float32, *, chunk: int = 4096) -> Float32:
    """Return the highest cosine (N,) of each row of `features` (N,D) with any unit row of `test` (M,D)."""
    parts = [
        (l2_normalise(np.asarray(features[start : start + chunk], np.float32)) @ test.T).max(axis=1)
        for start in range(0, len(features), chunk)
    ]
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def _find_test_people(
    settings: ExcludeSettings, work: WorkFolder, teacher: Ensemble, notes: Sequence[FaceNote], log: Log
) -> Mask:
    test = read_faces(Path(settings.images))
    named = _is_named(notes, test) if settings.by_name else np.zeros(len(notes), bool)
    features = embed_rows(work, teacher).array()
    similar = max_similarity(features, teacher.embed(test.images)) > settings.similarity
    dropped = named | similar
    by_source = Counter(note.source for note, drop in zip(notes, dropped, strict=True) if drop)
    counts = {"by_name": int(named.sum()), "by_similarity": int((similar & ~named).sum())}
    log.write("exclude", **counts, dropped=dict(by_source))
    return dropped


def _is_named(notes: Sequence[FaceNote], test: LfwFaces) -> Mask:
    """Whether each face has the name of a test person."""
    known = {normalise_name(person) for person in test.people} - {""}
    return np.array([normalise_name(note.person.partition("/")[2]) in known for note in notes], bool)
