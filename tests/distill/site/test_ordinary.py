"""The general test that ships."""

from pathlib import Path

import numpy as np
import pytest

from detectors.runtime import Runtime
from distill.site.measure import different_people
from distill.site.ordinary import CAMERAS, HEIGHTS_PX, film_ordinary_faces, read_ordinary_faces
from recognizer.load import load_recognizer
from recognizer.population import embed_enrolled
from tests.synthetic.made_site import write_family


def test_thirty_people_are_thirty_and_hardly_one_looks_like_another() -> None:
    faces = read_ordinary_faces()
    assert [face.shape for face in faces] == [(112, 112, 3)] * 30
    vectors = embed_enrolled(load_recognizer("base", runtime=Runtime()), faces)
    assert different_people(vectors).sum() >= 30 * 29 - 2  # two of them have a cosine of 0.6


def test_everybody_is_filmed_by_every_camera_up_to_the_greatest_far_face(tmp_path: Path) -> None:
    recognizer = load_recognizer(write_family(tmp_path / "own"), runtime=Runtime())
    faces = read_ordinary_faces()[:2]
    pairs = film_ordinary_faces(recognizer, faces, 28.0)
    assert len(pairs) == 2 * len(CAMERAS)
    assert {tuple(look.px for look in pair.looks) for pair in pairs} == {HEIGHTS_PX}
    assert pairs[2].enrolled.picture is faces[0]
    again = film_ordinary_faces(recognizer, faces, 28.0)
    np.testing.assert_array_equal(pairs[3].looks[1].picture, again[3].looks[1].picture)
    assert {look.px for look in film_ordinary_faces(recognizer, faces, 18.0)[0].looks} == {12.0, 18.0}


def test_pictures_that_are_missing_are_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="expected the pictures of the general test, found none"):
        read_ordinary_faces(tmp_path)
