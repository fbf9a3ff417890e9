"""Which faces the cohorts that ship may hold."""

import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.fairness import cohort_faces
from benchmarks.fairness.cohort_faces import OTHER_SETS, find_strangers, list_candidates, name_person
from benchmarks.fairness.people import ORIGINS

PICTURE = cv2.imencode(".png", np.zeros((8, 8, 3), np.uint8))[1].tobytes()


def test_a_face_that_resembles_a_known_person_is_no_stranger() -> None:
    known = np.array([[1, 0], [0, 1]], np.float32)
    faces = np.array([[0.5, 0], [0, 0.5], [0.3, 0.3]], np.float32)
    nobody, child = np.zeros(3, bool), np.array([True, False, False])
    assert find_strangers(faces, nobody, known, nobody[:2]).tolist() == [False, False, True]
    assert find_strangers(faces, child, known, np.array([True, False])).tolist() == [True, False, True]
    assert find_strangers(faces, child, known, nobody[:2]).tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("path", "person"),
    [
        ("rmfd/0_0_liuyifei_0014.webp", "rmfd/0_0_liuyifei"),
        ("uk/10001_8f69586f.webp", "uk/10001"),
        ("uk/portrait.webp", "uk/portrait"),
        ("utk/30_0_2_2017.webp", "utk/30_0_2_2017"),
    ],
)
def test_each_person_has_a_folder(path: str, person: str) -> None:
    assert name_person(path) == person


def test_groups_and_sets_are_drawn_from_without_what_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cohort_faces, "GROWN_FACES", dict.fromkeys(ORIGINS, 1))
    names = [f"utk/{age}_0_{origin}_{number}.png" for age in (5, 30) for origin in range(5) for number in range(4)]
    with zipfile.ZipFile(tmp_path / "utk.zip", "w") as archive:
        for name in names:
            archive.writestr(name, PICTURE)
        archive.writestr("utk/30_0_4_9.png", b"damaged")
    for name in OTHER_SETS:
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as archive:
            archive.writestr(f"{name}/a_1.png", PICTURE)
            archive.writestr(f"{name}/d_1.png", PICTURE)
    found = {name: (most, faces) for name, most, faces in list_candidates(tmp_path)}
    assert list(found) == [*ORIGINS, "children", *OTHER_SETS]
    assert all(len(found[origin][1]) in (1, 2) for origin in ORIGINS)
    assert [face.young for face in found["children"][1]] == [True] * 20
    assert not any(face.young for face in found["Asian"][1])
    assert [face.path for face in found["rmfd"][1]] == ["rmfd/d/d_1.png"]  # misses of `a` are counted
