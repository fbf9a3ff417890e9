"""The linear system of a fit."""

import numpy as np

from distill.site.fit import KEPT, REAL_SHARES, Choice, Sums, choices, solve, with_one

RNG = np.random.default_rng(2)


def sums(inputs: np.ndarray, lacking: np.ndarray | None = None) -> Sums:
    made = Sums(inputs.shape[1], 3)
    made.add(inputs, lacking)
    return made


def test_what_lacks_everywhere_is_given_everywhere() -> None:
    inputs = RNG.normal(size=(500, 5)).astype(np.float32)
    change = RNG.normal(size=(3, 6))
    made = sums(inputs, with_one(inputs) @ change.T)
    found = solve(Sums(5, 3), made, Sums(5, 3), Choice(0.0, 0.1))
    np.testing.assert_allclose(found, change, atol=2e-3)


def test_ordinary_views_hold_the_weights() -> None:
    inputs = RNG.normal(size=(500, 5)).astype(np.float32)
    made, kept = sums(inputs, np.ones((500, 3))), sums(inputs)
    little, much = (np.abs(solve(Sums(5, 3), made, kept, Choice(0.0, weight))).max() for weight in (0.1, 3.0))
    assert little > 0.8
    assert much < 0.3


def test_real_looks_count_by_their_share() -> None:
    inputs = RNG.normal(size=(500, 5)).astype(np.float32)
    real, made = sums(inputs, np.ones((500, 3))), sums(inputs, np.zeros((500, 3)))
    bias = solve(real, made, Sums(5, 3), Choice(0.3, 1.0))[:, -1]
    np.testing.assert_allclose(bias, 0.3, atol=0.01)


def test_sums_can_be_added_in_parts() -> None:
    inputs, lacking = RNG.normal(size=(10, 5)).astype(np.float32), RNG.normal(size=(10, 3))
    parts = Sums(5, 3)
    parts.add(inputs[:4], lacking[:4])
    parts.add(inputs[4:], lacking[4:])
    whole = sums(inputs, lacking)
    np.testing.assert_allclose(parts.squares, whole.squares)
    np.testing.assert_allclose(parts.products, whole.products)
    assert parts.count == whole.count == 10


def test_without_real_looks_only_fits_that_need_none_are_tried() -> None:
    assert [choice.real_share for choice in choices(Sums(5, 3))] == [0.0] * len(KEPT)
    assert len(list(choices(sums(np.ones((1, 5), np.float32))))) == len(KEPT) * len(REAL_SHARES)
