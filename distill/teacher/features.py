"""The teacher's features of every prepared face, kept on disk: exclusion, head and real labels need them."""

import numpy as np

from distill.data.store import RowFile, face_rows
from distill.progress import Progress
from distill.teacher.model import Ensemble
from distill.work_folder import WorkFolder

CHUNK = 256


def feature_rows(work: WorkFolder, dim: int) -> RowFile:
    """Float16 (N,dim) unit rows, one for each prepared face."""
    return RowFile(work.face_features, np.float16, (dim,))


def embed_rows(work: WorkFolder, teacher: Ensemble) -> RowFile:
    """Embed what is not yet embedded; resumes after the last whole row."""
    faces = face_rows(work).array()
    rows = feature_rows(work, teacher.dim)
    rows.truncate(len(rows))
    with Progress("embed", unit="faces", total=len(faces), done=len(rows)) as progress:
        while len(rows) < len(faces):
            start = len(rows)
            rows.append(teacher.embed(np.asarray(faces[start : start + CHUNK])))
            progress.at(len(rows))
    return rows
