"""The search index: every person's best face, the two best people, and refused shapes."""

import numpy as np
import pytest

from detectors.arrays import Float32
from recognizer.gallery.index import GalleryIndex


def units(count: int, dim: int = 16, seed: int = 0) -> Float32:
    rows = np.random.default_rng(seed).normal(size=(count, dim))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_the_score_of_a_person_is_that_of_the_best_face() -> None:
    vectors, labels = units(300), [f"p{number % 7}" for number in range(300)]
    index = GalleryIndex("m", vectors, labels)
    scores = index.search(units(130, seed=1)).scores
    cosines = units(130, seed=1) @ vectors.T
    expected = np.stack([cosines[:, [label == name for label in labels]].max(axis=1) for name in index.people], axis=1)
    np.testing.assert_allclose(scores, expected, atol=1e-6)
    assert index.people == tuple(f"p{number}" for number in range(7))


def test_top_returns_the_two_best_people() -> None:
    index = GalleryIndex("m", np.eye(3, dtype=np.float32), ["c", "a", "b"])
    matches = index.search(np.array([[0.6, 0.8, 0]], np.float32))
    assert [(index.people[person], round(score, 3)) for person, score in matches.top(0)] == [("a", 0.8), ("c", 0.6)]
    assert len(GalleryIndex("m", np.eye(1, dtype=np.float32), ["x"]).search(np.ones((1, 1), np.float32)).top(0)) == 1


def test_an_empty_index_and_an_empty_search_give_empty_scores() -> None:
    assert GalleryIndex.empty("m").search(units(3)).scores.shape == (3, 0)
    assert GalleryIndex.empty("m").search(units(3)).top(0) == []
    assert GalleryIndex("m", units(2), ["a", "b"]).search(units(0)).scores.shape == (0, 2)


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"templates: expected \(T, 16\)"):
        GalleryIndex("m", units(2), ["a", "b"]).search(units(2, dim=8))
    with pytest.raises(ValueError, match="vectors: expected"):
        GalleryIndex("m", units(2), ["a"])


@pytest.mark.parametrize("value", [np.nan, np.inf, 3.4e38, 0.0])
def test_vectors_that_are_not_finite_or_not_of_unit_length_are_refused(value: float) -> None:
    vectors = np.eye(3, dtype=np.float32)
    vectors[1, 1] = value
    with pytest.raises(ValueError, match="expected finite rows of unit length, got another for bob, row 1"):
        GalleryIndex("m", vectors, ["ann", "bob", "cem"])
