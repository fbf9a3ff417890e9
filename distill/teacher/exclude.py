"""Keeps the test's people out of the training faces: by name where there are names, by teacher similarity everywhere.

The surprising decision: the threshold is meant to be too low. A few strangers dropped cost nothing; one test person
left in would make every figure doubtful.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from detectors.arrays import AnyArray, Float32, Mask
from distill.config import ExcludeSettings
from distill.data.manifest import require_unchanged
from distill.data.people import normalise_name
from distill.data.store import FaceNote, write_array
from distill.metrics.lfw import read_faces
from distill.progress import Log
from distill.teacher.features import embed_rows
from distill.teacher.model import Ensemble, l2_normalise
from distill.work_folder import WorkFolder


def exclude_test_people(
    settings: ExcludeSettings, work: WorkFolder, teacher: Ensemble, notes: Sequence[FaceNote], log: Log
) -> Mask:
    """Which faces may be learnt from, bool (N,), also written to `work/faces/usable.npy`; counts go to the log.

    Raises DistillError where the folder was made with another exclusion.
    """
    asked = {"images": Path(settings.images).name, "similarity": settings.similarity, "names": settings.by_name}
    require_unchanged(work.exclude_settings, "faces.exclude", asked)
    if work.usable.exists():
        known: Mask = np.load(work.usable)
        return known
    usable = np.ones(len(notes), bool)
    if settings.images:
        test = read_faces(Path(settings.images))
        named = _named(notes, test.names) if settings.by_name else ~usable
        features = embed_rows(work, teacher)
        alike = max_similarity(features.array(), teacher.embed(test.images)) > settings.similarity
        usable = ~(named | alike)
        log.write(
            "exclude", by_name=int(named.sum()), by_similarity=int((alike & ~named).sum()), **_by_source(notes, ~usable)
        )
    log.write("usable", faces=int(usable.sum()), of=len(notes))
    write_array(work.usable, usable)  # last: whoever finds it finds the lines too
    return usable


def max_similarity(features: AnyArray, test: Float32, *, chunk: int = 4096) -> Float32:
    """Each row's highest cosine with any test row: (N,D) and (M,D) unit rows to (N,)."""
    parts = [
        (l2_normalise(np.asarray(features[start : start + chunk], np.float32)) @ test.T).max(axis=1)
        for start in range(0, len(features), chunk)
    ]
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def _named(notes: Sequence[FaceNote], test: Sequence[str]) -> Mask:
    """Whose person, or file name, is a test person's. `test` are paths such as `Name/Name_0001.jpg`."""
    known = {normalise_name(Path(name).parent.name) for name in test} - {""}
    return np.array([normalise_name(note.person.partition("/")[2]) in known for note in notes], bool)


def _by_source(notes: Sequence[FaceNote], dropped: Mask) -> dict[str, dict[str, int]]:
    return {"dropped": dict(Counter(note.source for note, gone in zip(notes, dropped, strict=True) if gone))}
