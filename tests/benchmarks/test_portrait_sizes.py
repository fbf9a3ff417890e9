"""Pictures of every size made of one portrait, and how the rows of the table are counted."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks import portrait_sizes
from benchmarks.portrait_sizes import SIZES, enlarge, make_enroller, place, portrait_rows, wrong_rows
from detectors.arrays import Image

FACES = Path(__file__).parents[2] / "docs" / "faces"


def portrait(name: str) -> Image:
    return np.asarray(cv2.imread(str(FACES / f"{name}.jpg")), np.uint8)


@pytest.mark.parametrize(("side", "width"), [(128, 256), (512, 100)])
def test_a_picture_is_resized_to_its_longer_side(side: int, width: int) -> None:
    assert max(enlarge(side)(np.zeros((50, width, 3), np.uint8)).shape) == side


def test_a_small_picture_stands_in_a_large_one_without_a_second_face() -> None:
    placed = place(400)(np.full((112, 112, 3), 200, np.uint8))
    assert placed.shape == (4000, 4000, 3)
    assert (placed == 200).all()  # its border goes on


def test_portraits_are_taken_and_pairs_and_empty_pictures_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portrait_sizes, "SIZES", {"256 px": SIZES["672 px"]})
    enroller, faces = make_enroller(), [portrait("Ada"), portrait("Ben")]
    crops = [cv2.resize(face[60:200, 50:190], (112, 112)) for face in faces]
    (taken,) = portrait_rows(enroller, [np.asarray(crop, np.uint8) for crop in crops])
    assert taken[:4] == ["portraits of one", "256 px", "2", "100.0 % (2)"]
    grey = np.full((96, 96, 3), 90, np.uint8)
    rows = list(wrong_rows(enroller, faces[:1], faces[1:], [grey]))
    assert [row[3] for row in rows] == ["0.0 % (0)"] * 4
    assert rows[0][5] == "1 two faces"
