"""The teacher's features of prepared faces: embedded once, and resumed after an interruption."""

from pathlib import Path
from typing import cast

import numpy as np
import pytest

from detectors.arrays import Chips, Float32
from distill.data.store import face_rows
from distill.teacher.features import embed_rows, feature_rows
from distill.teacher.model import Ensemble
from distill.work_folder import WorkFolder


class GreyEnsemble:
    """Embeds a face as its first pixel, and records how many faces it was given at once."""

    dim = 2

    def __init__(self) -> None:
        self.counts: list[int] = []

    def embed(self, faces: Chips) -> Float32:
        self.counts.append(len(faces))
        return faces[:, 0, 0, :2].astype(np.float32)


def add_faces(work: WorkFolder, values: range) -> None:
    grey = np.array(values, np.uint8).reshape(-1, 1, 1, 1)
    face_rows(work).append(np.broadcast_to(grey, (len(values), 112, 112, 3)))


def test_a_repeated_run_embeds_only_new_faces(tmp_path: Path) -> None:
    work, teacher = WorkFolder(tmp_path), GreyEnsemble()
    add_faces(work, range(3))
    embed_rows(work, cast(Ensemble, teacher))
    embed_rows(work, cast(Ensemble, teacher))
    assert teacher.counts == [3]
    add_faces(work, range(3, 5))
    rows = embed_rows(work, cast(Ensemble, teacher))
    assert teacher.counts == [3, 2]
    np.testing.assert_array_equal(rows.array(), [[value, value] for value in range(5)])
    assert rows.array().dtype == np.float16


def test_a_torn_row_is_embedded_again(tmp_path: Path) -> None:
    work, teacher = WorkFolder(tmp_path), GreyEnsemble()
    add_faces(work, range(2))
    feature_rows(work, 2).append(np.array([[0, 0]], np.float16))
    with work.face_features.open("ab") as file:
        file.write(b"\xff")  # the first byte of the second row
    rows = embed_rows(work, cast(Ensemble, teacher))
    assert teacher.counts == [1]
    np.testing.assert_array_equal(rows.array(), [[0, 0], [1, 1]])


def test_faces_are_embedded_in_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("distill.teacher.features.CHUNK", 2)
    work, teacher = WorkFolder(tmp_path), GreyEnsemble()
    add_faces(work, range(5))
    assert len(embed_rows(work, cast(Ensemble, teacher))) == 5
    assert teacher.counts == [2, 2, 1]


def test_no_prepared_faces_have_no_features(tmp_path: Path) -> None:
    teacher = GreyEnsemble()
    assert len(embed_rows(WorkFolder(tmp_path), cast(Ensemble, teacher))) == 0
    assert teacher.counts == []
