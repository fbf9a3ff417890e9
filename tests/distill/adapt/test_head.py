"""What the closed-form heads keep and drop, on features whose directions are known."""

from pathlib import Path
from typing import cast

import numpy as np
import pytest

from distill.adapt.fit import train_head
from distill.adapt.head import lda_head, load_head, pca_head
from distill.adapt.stage import adapt, load_given_head, read_head
from distill.config import AdaptSettings
from distill.errors import DistillError
from distill.progress import Log
from distill.teacher.model import Ensemble
from distill.work_folder import WorkFolder


def features(rng: np.random.Generator, spread: list[float], count: int = 4000) -> np.ndarray:
    return (rng.normal(size=(count, len(spread))) * spread + 3).astype(np.float32)


def test_pca_keeps_the_strongest_directions_about_their_mean() -> None:
    rng = np.random.default_rng(0)
    sharp = features(rng, [1.0, 5.0, 0.1, 3.0])
    head = pca_head(sharp, sharp, 2, whiten=0.0)
    assert np.allclose(head.mean, 3, atol=0.3)
    assert np.allclose(np.abs(head.matrix), [[0, 0], [1, 0], [0, 0], [0, 1]], atol=0.05)


def test_a_lda_head_drops_the_strong_direction_that_a_small_view_loses() -> None:
    rng = np.random.default_rng(1)
    sharp = features(rng, [2.0, 4.0, 2.0])
    low = sharp.copy()
    low[:, 1] = rng.permutation(low[:, 1])  # what the second says is gone in the small view
    assert np.abs(pca_head(sharp, low, 1, whiten=0.0).matrix[1, 0]) > 0.9
    lda = lda_head(sharp, low, 2, noise_weight=1.0, whiten=0.0).matrix
    assert np.abs(lda[1]).max() < 0.1 * np.abs(lda).max()


def test_small_views_are_centred_on_their_own_mean() -> None:
    rng = np.random.default_rng(2)
    sharp = features(rng, [1.0, 1.0, 1.0])
    head = lda_head(sharp, sharp + 5, 2, noise_weight=0.3, whiten=0.5)
    assert np.allclose(head.project_low(sharp + 5), head(sharp), atol=1e-3)
    assert np.allclose(np.linalg.norm(head(sharp), axis=1), 1, atol=1e-5)


def test_a_saved_head_is_the_same_head(tmp_path: Path) -> None:
    sharp = features(np.random.default_rng(3), [1.0, 2.0, 3.0])
    head = pca_head(sharp, sharp + 1, 2, whiten=0.5)
    head.save(tmp_path / "adapt" / "head.npz")
    assert np.array_equal(load_head(tmp_path / "adapt" / "head.npz")(sharp), head(sharp))
    assert [path.name for path in (tmp_path / "adapt").iterdir()] == ["head.npz"]


class Teacher:
    """Three dimensions, and no faces to read."""

    dim = 3


def test_a_named_head_is_taken_as_it_is(tmp_path: Path) -> None:
    sharp = features(np.random.default_rng(3), [1.0, 2.0, 3.0])
    head = pca_head(sharp, sharp + 1, 2, whiten=0.5)
    head.save(tmp_path / "glimpse_head.npz")
    settings = AdaptSettings(dim=2, head=str(tmp_path / "glimpse_head.npz"))
    teacher, log = cast(Ensemble, Teacher()), Log(tmp_path / "log.jsonl")
    found = adapt(settings, WorkFolder(tmp_path / "work"), teacher, seed=0, log=log)
    assert np.array_equal(found.matrix, head.matrix)
    assert np.array_equal(read_head(WorkFolder(tmp_path / "work")).project_low(sharp), head.project_low(sharp))
    adapt(settings, WorkFolder(tmp_path / "work"), teacher, seed=0, log=log)  # again: it is there
    pca_head(sharp, sharp, 2, whiten=0.0).save(tmp_path / "glimpse_head.npz")
    with pytest.raises(DistillError, match=r"holds another head than .*glimpse_head.npz; name another `work`"):
        adapt(settings, WorkFolder(tmp_path / "work"), teacher, seed=0, log=log)


def test_a_head_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    sharp = features(np.random.default_rng(3), [1.0, 2.0, 3.0])
    pca_head(sharp, sharp, 2, whiten=0.5).save(tmp_path / "head.npz")
    with pytest.raises(DistillError, match=r"from 5 dimensions to 128 \(adapt.dim\), got 3 to 2: head.npz"):
        load_given_head(tmp_path / "head.npz", AdaptSettings(), 5)
    (tmp_path / "text.npz").write_text("no head")
    with pytest.raises(DistillError, match=r"adapt.head: expected a head that .* wrote, got .*text.npz"):
        load_given_head(tmp_path / "text.npz", AdaptSettings(), 5)
    with pytest.raises(DistillError, match=r"adapt.head: no such file: .*none.npz"):
        load_given_head(tmp_path / "none.npz", AdaptSettings(), 5)


def test_training_a_head_brings_people_together_and_is_repeatable() -> None:
    rng = np.random.default_rng(4)
    people = np.repeat(np.arange(8), 40)
    sharp = (rng.normal(size=(8, 16))[people] + rng.normal(size=(320, 16)) * 2).astype(np.float32)
    start = pca_head(sharp, sharp, 6, whiten=0.0)
    settings = AdaptSettings(dim=6, steps=100, batch=64, learning_rate=0.01, relational=0.0, classification=1.0)
    head = train_head(start, sharp, people.astype(np.int64), settings, seed=5)
    assert _apart(head(sharp), people) > _apart(start(sharp), people) + 0.03
    assert np.array_equal(train_head(start, sharp, people.astype(np.int64), settings, seed=5).matrix, head.matrix)


def _apart(rows: np.ndarray, people: np.ndarray) -> float:
    """Mean cosine of the same person's rows minus that of others'."""
    cosines, same = rows @ rows.T, people[:, None] == people[None]
    return float(cosines[same].mean() - cosines[~same].mean())


def test_without_names_training_keeps_relations() -> None:
    rng = np.random.default_rng(6)
    sharp = features(rng, [3.0, 2.0, 1.0, 0.5], 500)
    start = pca_head(sharp, sharp, 2, whiten=1.0)
    nobody = np.full(500, -1, np.int64)
    head = train_head(start, sharp, nobody, AdaptSettings(dim=2, steps=60, learning_rate=0.01), seed=1)
    teacher = (sharp - head.mean) / np.linalg.norm(sharp - head.mean, axis=1, keepdims=True)
    wanted = teacher @ teacher.T
    before, after = (np.square(h(sharp) @ h(sharp).T - wanted).mean() for h in (start, head))
    assert after < before
    with pytest.raises(ValueError, match="broadcast"):
        head(np.zeros((2, 3)))
