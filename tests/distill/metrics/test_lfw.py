"""The test's list of pairs: what is read and what is refused."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from distill.errors import DistillError
from distill.metrics.lfw import LfwFaces, read_faces, read_pairs


def test_pairs_that_are_not_there_are_named(toy: Path, tmp_path: Path) -> None:
    faces = read_faces(toy / "test")
    assert len(set(faces.people)) == 8
    assert len(read_pairs(toy / "pairs.txt", faces).same) == 160
    (tmp_path / "pairs.txt").write_text("1 1\nNobody\t1\t2\nNobody\t1\tSomebody\t1\n")
    with pytest.raises(DistillError, match="no face Nobody_0001"):
        read_pairs(tmp_path / "pairs.txt", faces)
    (tmp_path / "pairs.txt").write_text("1 1\nPerson_Q\t1\t2\n")
    with pytest.raises(DistillError, match="expected 2 pairs, got 1"):
        read_pairs(tmp_path / "pairs.txt", faces)


FACES = LfwFaces(np.zeros((3, 112, 112, 3), np.uint8), ("Ann/Ann_0001.png", "Ann/Ann_0002.png", "Bo/Bo_0001.png"))


def test_pairs_point_to_rows_and_folds(tmp_path: Path) -> None:
    path = tmp_path / "pairs.txt"
    path.write_text("2 1\nAnn\t1\t2\nAnn\t1\tBo\t1\nAnn\t2\t1\nBo\t1\tAnn\t2\n")
    pairs = read_pairs(path, FACES)
    assert pairs.first.tolist() == [0, 0, 1, 2]
    assert pairs.second.tolist() == [1, 2, 0, 1]
    assert pairs.same.tolist() == [True, False, True, False]
    assert pairs.fold.tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "on the first line, got ''"),
        ("1 ²\n", "on the first line, got '1 ²'"),
        ("1 1\nAnn 1\n", "got 'Ann 1'"),
        ("1 1\nAnn 1 x\n", "expected `Name i j` or `Name i Other j`, got 'Ann 1 x'"),
        ("1 1\nAnn Bo Ann 1\n", "expected `Name i j` or `Name i Other j`, got 'Ann Bo Ann 1'"),
    ],
)
def test_a_malformed_list_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "pairs.txt").write_text(text, encoding="utf-8")
    with pytest.raises(DistillError, match=message):
        read_pairs(tmp_path / "pairs.txt", FACES)


def test_a_face_of_another_size_is_named(tmp_path: Path) -> None:
    (tmp_path / "Ann").mkdir()
    cv2.imwrite(str(tmp_path / "Ann" / "Ann_0001.png"), np.zeros((100, 100, 3), np.uint8))
    with pytest.raises(DistillError, match=r"Ann/Ann_0001.png: expected a readable 112x112 chip"):
        read_faces(tmp_path)
