"""Training of the adaptation head."""

import numpy as np

from distill.adapt.fit import train_head
from distill.adapt.head import pca_head
from distill.config import AdaptSettings


def separation(rows: np.ndarray, people: np.ndarray) -> float:
    """The mean cosine of rows of one person minus that of rows of different people."""
    cosines, same = rows @ rows.T, people[:, None] == people[None]
    return float(cosines[same].mean() - cosines[~same].mean())


def test_training_a_head_brings_people_together_and_is_repeatable() -> None:
    rng = np.random.default_rng(4)
    people = np.repeat(np.arange(8), 40)
    sharp = (rng.normal(size=(8, 16))[people] + rng.normal(size=(320, 16)) * 2).astype(np.float32)
    start = pca_head(sharp, sharp, 6, whiten=0.0)
    settings = AdaptSettings(dim=6, steps=100, batch=64, learning_rate=0.01, relational=0.0, classification=1.0)
    head = train_head(start, sharp, people.astype(np.int64), settings, seed=5)
    assert separation(head(sharp), people) > separation(start(sharp), people) + 0.03
    assert np.array_equal(train_head(start, sharp, people.astype(np.int64), settings, seed=5).matrix, head.matrix)


def test_without_names_training_keeps_relations() -> None:
    rng = np.random.default_rng(6)
    sharp = (rng.normal(size=(500, 4)) * [3.0, 2.0, 1.0, 0.5] + 3).astype(np.float32)
    start = pca_head(sharp, sharp, 2, whiten=1.0)
    nobody = np.full(500, -1, np.int64)
    head = train_head(start, sharp, nobody, AdaptSettings(dim=2, steps=60, learning_rate=0.01), seed=1)
    teacher = (sharp - head.mean) / np.linalg.norm(sharp - head.mean, axis=1, keepdims=True)
    cosines = teacher @ teacher.T
    before, after = (np.square(h(sharp) @ h(sharp).T - cosines).mean() for h in (start, head))
    assert after < before


def test_no_steps_return_the_head_unchanged() -> None:
    sharp = np.random.default_rng(7).normal(size=(20, 4)).astype(np.float32)
    start = pca_head(sharp, sharp + 1, 2, whiten=0.5)
    assert train_head(start, sharp, np.zeros(20, np.int64), AdaptSettings(dim=2), seed=1).same_as(start)


def test_training_changes_neither_the_means_nor_the_given_head() -> None:
    sharp = np.random.default_rng(8).normal(size=(20, 4)).astype(np.float32)
    start = pca_head(sharp, sharp + 1, 2, whiten=0.5)
    matrix = start.matrix.copy()
    head = train_head(start, sharp, np.arange(20) % 2, AdaptSettings(dim=2, steps=1, batch=8), seed=1)
    np.testing.assert_array_equal(start.matrix, matrix)
    np.testing.assert_array_equal((head.mean, head.low_mean), (start.mean, start.low_mean))
    assert not np.array_equal(head.matrix, matrix)
