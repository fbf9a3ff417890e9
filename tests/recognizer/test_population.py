"""People for measurements: read from folders and archives, shrunk and embedded."""

import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from recognizer.population import read_people, shrink_face
from recognizer.spec import arcface_landmarks

PNG = cv2.imencode(".png", np.zeros((8, 8, 3), np.uint8))[1].tobytes()


def test_landmarks_match_the_shrunk_picture() -> None:
    image, points = shrink_face(np.zeros((112, 112, 3), np.uint8), 16, random=np.random.default_rng(0))
    assert image.shape == (24, 24, 3)
    np.testing.assert_allclose(points - 4.5, arcface_landmarks(16), atol=1e-4)


def test_a_folder_and_an_archive_give_the_same_people(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "people.zip", "w") as archive:
        for name in ("a/1.png", "a/2.png", "b/1.png", "b/notes.txt", "loose.png"):
            archive.writestr(f"set/{name}" if "/" in name else name, PNG)
        archive.writestr("set/c/broken.png", b"no picture")
    with zipfile.ZipFile(tmp_path / "people.zip") as archive:
        archive.extractall(tmp_path / "people", [name for name in archive.namelist() if "/" in name])
    for source in (tmp_path / "people.zip", tmp_path / "people"):
        assert {name: len(pictures) for name, pictures in read_people(source).items()} == {"a": 2, "b": 1}


def test_fewer_than_two_people_and_a_missing_source_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least two people"):
        read_people(tmp_path)
    with pytest.raises(FileNotFoundError, match="missing"):
        read_people(tmp_path / "missing.zip")
