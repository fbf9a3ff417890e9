"""What the closed-form heads keep and drop, on features whose directions are known."""

from pathlib import Path

import numpy as np
import pytest

from distill.adapt.head import lda_head, load_head, pca_head, random_head


def make_features(rng: np.random.Generator, spread: list[float], count: int = 4000) -> np.ndarray:
    return (rng.normal(size=(count, len(spread))) * spread + 3).astype(np.float32)


def test_pca_keeps_the_strongest_directions_about_their_mean() -> None:
    rng = np.random.default_rng(0)
    sharp = make_features(rng, [1.0, 5.0, 0.1, 3.0])
    head = pca_head(sharp, sharp, 2, whiten=0.0)
    assert np.allclose(head.mean, 3, atol=0.3)
    assert np.allclose(np.abs(head.matrix), [[0, 0], [1, 0], [0, 0], [0, 1]], atol=0.05)


def test_a_lda_head_drops_the_strong_direction_that_a_small_view_loses() -> None:
    rng = np.random.default_rng(1)
    sharp = make_features(rng, [2.0, 4.0, 2.0])
    low = sharp.copy()
    low[:, 1] = rng.permutation(low[:, 1])  # what the second says is gone in the small view
    assert np.abs(pca_head(sharp, low, 1, whiten=0.0).matrix[1, 0]) > 0.9
    lda = lda_head(sharp, low, 2, noise_weight=1.0, whiten=0.0).matrix
    assert np.abs(lda[1]).max() < 0.1 * np.abs(lda).max()


def test_small_views_are_centred_on_their_own_mean() -> None:
    rng = np.random.default_rng(2)
    sharp = make_features(rng, [1.0, 1.0, 1.0])
    head = lda_head(sharp, sharp + 5, 2, noise_weight=0.3, whiten=0.5)
    assert np.allclose(head.project_low(sharp + 5), head(sharp), atol=1e-3)
    assert np.allclose(np.linalg.norm(head(sharp), axis=1), 1, atol=1e-5)


def test_a_saved_head_is_the_same_head(tmp_path: Path) -> None:
    sharp = make_features(np.random.default_rng(3), [1.0, 2.0, 3.0])
    head = pca_head(sharp, sharp + 1, 2, whiten=0.5)
    head.save(tmp_path / "adapt" / "head.npz")
    assert np.array_equal(load_head(tmp_path / "adapt" / "head.npz")(sharp), head(sharp))
    assert [path.name for path in (tmp_path / "adapt").iterdir()] == ["head.npz"]


def test_a_random_head_has_orthonormal_directions_that_its_seed_decides() -> None:
    sharp = make_features(np.random.default_rng(7), [1.0, 2.0, 3.0], 50)
    head = random_head(sharp, sharp + 1, 2, seed=1)
    assert np.allclose(head.matrix.T @ head.matrix, np.eye(2), atol=1e-6)
    assert np.allclose(head.low_mean, head.mean + 1, atol=1e-5)
    assert head.same_as(random_head(sharp, sharp + 1, 2, seed=1))
    assert not head.same_as(random_head(sharp, sharp + 1, 2, seed=2))


def test_features_of_another_length_are_refused() -> None:
    sharp = make_features(np.random.default_rng(8), [1.0, 2.0, 3.0, 4.0], 50)
    with pytest.raises(ValueError, match="broadcast"):
        pca_head(sharp, sharp, 2, whiten=1.0)(np.zeros((2, 3)))
