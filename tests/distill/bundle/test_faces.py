"""Prepared faces as pictures."""

from pathlib import Path

import numpy as np

from distill.bundle.faces import ENDS, PICTURES, encode_faces, restore_faces
from distill.data.store import face_rows
from distill.work_folder import WorkFolder
from tests.synthetic.distill_world import painted


def test_an_interrupted_restoration_goes_on_after_its_last_whole_face(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    faces = np.stack([painted(person % 16, random) for person in range(20)])
    pictures, ends = encode_faces(faces, np.arange(20), quality=76, threads=2)
    (tmp_path / PICTURES).write_bytes(pictures)
    np.save(tmp_path / ENDS, ends)
    restore_faces(tmp_path)
    rows = face_rows(WorkFolder(tmp_path))
    whole = rows.array().copy()
    assert whole.shape == faces.shape
    assert np.abs(whole.astype(int) - faces).mean() < 8
    rows.truncate(7)
    with rows.path.open("ab") as file:
        file.write(b"torn")
    restore_faces(tmp_path)
    assert (face_rows(WorkFolder(tmp_path)).array() == whole).all()


def test_faces_survive_as_webp() -> None:
    rng = np.random.default_rng(1)
    faces = np.stack([painted(number, rng) for number in range(3)])
    data, ends = encode_faces(faces, np.array([2, 0]), quality=90, threads=1)
    assert len(ends) == 2
    assert ends[-1] == len(data) < 20_000
