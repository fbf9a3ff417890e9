"""Faces as detections of supervision."""

import sys

import numpy as np
import pytest

import glimpse
from tests.synthetic.portraits import FACES, group

pytest.importorskip("supervision")


def test_faces_and_names_become_detections(tmp_path) -> None:  # type: ignore[no-untyped-def]
    people = glimpse.Gallery(tmp_path / "people.db")
    people.enroll("Ada", FACES / "Ada.jpg")
    faces = sorted(glimpse.find(group("Ada", "Hedy")), key=lambda face: face.box[0])
    found = glimpse.to_supervision(faces, [people.identify(face) for face in faces])
    np.testing.assert_allclose(found.xyxy, [face.box for face in faces], rtol=1e-6)
    np.testing.assert_allclose(found.confidence, [face.score for face in faces], rtol=1e-6)
    assert list(found.data["name"]) == ["Ada", None]
    assert found.data["vector"].shape == (2, len(faces[0].vector))
    assert len(found[found.data["face_px"] > 50]) == 2
    assert len(faces[0].to_supervision()) == 1
    assert len(glimpse.to_supervision([])) == 0
    with pytest.raises(ValueError, match="expected one for each of 2 faces, got 0"):
        glimpse.to_supervision(faces, [])


def test_without_supervision_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "supervision", None)
    with pytest.raises(ImportError, match=r"pip install '\.\[supervision\]'"):
        glimpse.to_supervision([])
