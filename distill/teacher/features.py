"""The teacher's features of every prepared face, kept on disk for exclusion, adaptation head and labels."""

import numpy as np

from distill.data.store import RowFile, face_rows
from distill.progress import Progress
from distill.teacher.model import Ensemble
from distill.work_folder import WorkFolder

CHUNK = 256  # faces between two writes


def feature_rows(work: WorkFolder, dim: int) -> RowFile:
    """Open the features: float16 (N,dim) unit rows, one for each prepared face."""
    return RowFile(work.face_features, np.float16, (dim,))


def embed_rows(work: WorkFolder, teacher: Ensemble) -> RowFile:
    """Embed the prepared faces that have no features yet; an interrupted run resumes after its last whole row."""
    faces = face_rows(work).array()
    rows = feature_rows(work, teacher.dim)
    rows.truncate(len(rows))  # drops a torn row
    with Progress("embed", unit="faces", total=len(faces), done=len(rows)) as progress:
        while len(rows) < len(faces):
            start = len(rows)
            rows.append(teacher.embed(np.asarray(faces[start : start + CHUNK])))
            progress.update(len(rows))
    return rows
