"""Faces that are appended one by one are compared as by an index of all of them."""

import numpy as np
import pytest

from recognizer.gallery.index import GalleryIndex
from recognizer.gallery.known_faces import KnownFaces
from recognizer.normalisation import Cohort
from recognizer.preprocess import l2_normalise

COHORT = Cohort(l2_normalise(np.random.default_rng(7).normal(size=(40, 16)).astype(np.float32)), weights="w")


@pytest.mark.parametrize("cohort", [None, COHORT])
def test_appended_faces_count_as_indexed_ones(cohort: Cohort | None) -> None:
    vectors = l2_normalise(np.random.default_rng(1).normal(size=(150, 16)).astype(np.float32))
    people = [f"p{number // 3}" for number in range(150)]
    known = KnownFaces(GalleryIndex("m", vectors[:9], people[:9]), cohort)
    for person, vector in zip(people[9:], vectors[9:], strict=True):
        known.append(person, vector)
    index = GalleryIndex("m", vectors, people, cohort=cohort)
    probe = l2_normalise(np.random.default_rng(2).normal(size=(1, 16)).astype(np.float32))
    scores = index.search(probe).scores[0]
    best = int(np.argmax(scores))
    nearest = known.nearest_other(probe[0], "somebody")
    assert nearest is not None
    assert nearest.person == index.people[best]
    assert nearest.score == pytest.approx(scores[best], abs=1e-5)
    other = known.nearest_other(probe[0], nearest.person)
    assert other is not None
    assert other.person != nearest.person
    assert len(known) == 150


def test_nobody_else_is_near_in_an_empty_gallery() -> None:
    known = KnownFaces(GalleryIndex.empty("m"), None)
    vector = np.eye(4, dtype=np.float32)[0]
    assert known.nearest_other(vector, "a") is None
    known.append("a", vector)
    assert known.nearest_other(vector, "a") is None
    assert known.nearest_other(vector, "b") is not None
