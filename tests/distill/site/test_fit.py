"""The linear system of a fit."""

import numpy as np

from detectors.arrays import Float32, Float64
from distill.site.fit import REAL_SHARES, Choice, Sums, calm, choices, solve, with_one

RNG = np.random.default_rng(2)


def sums(inputs: Float32, lacking: Float64 | None = None) -> Sums:
    made = Sums(inputs.shape[1], 3)
    made.add(inputs, lacking)
    return made


def test_what_lacks_everywhere_is_given_for_the_most_part() -> None:
    inputs = RNG.normal(size=(500, 5)).astype(np.float32)
    change = RNG.normal(size=(3, 6))
    found = solve(Sums(5, 3), sums(inputs, with_one(inputs) @ change.T), Sums(5, 3), Choice(0.0, 0.0, None))
    cosine = (found * change).sum() / np.linalg.norm(found) / np.linalg.norm(change)
    assert cosine > 0.98
    assert 0.4 < np.linalg.norm(found) / np.linalg.norm(change) < 1  # the ridge holds back


def test_ordinary_views_hold_the_weights() -> None:
    inputs = RNG.normal(size=(500, 5)).astype(np.float32)
    made, kept = sums(inputs, np.ones((500, 3))), sums(inputs)
    little, much = (np.abs(solve(Sums(5, 3), made, kept, Choice(0.0, weight, None))).max() for weight in (0.1, 3.0))
    assert much < 0.6 * little


def test_real_looks_count_by_their_share() -> None:
    inputs = RNG.normal(size=(500, 5)).astype(np.float32)
    real, made = sums(inputs, np.ones((500, 3))), sums(inputs, np.zeros((500, 3)))
    some, most = (solve(real, made, Sums(5, 3), Choice(share, 0.0, None))[:, -1] for share in (0.3, 0.6))
    np.testing.assert_allclose(most / some, 2.0, atol=0.05)


def test_a_direction_in_which_far_views_of_one_person_differ_counts_less() -> None:
    targets = RNG.normal(size=(400, 3))
    targets /= np.linalg.norm(targets, axis=1, keepdims=True)
    inputs = with_one((targets + RNG.normal(size=(400, 3)) * [2.0, 0.1, 0.1]).astype(np.float32))
    plain = np.hstack([np.eye(3), np.zeros((3, 1))])
    less = calm(plain, inputs, targets.astype(np.float32), 1.0)
    assert less[0, 0] < 0.7 * less[1, 1]
    hardly = calm(plain, inputs, targets.astype(np.float32), 1e6)
    np.testing.assert_allclose(hardly, plain, atol=1e-3)


def test_sums_can_be_added_in_parts() -> None:
    inputs, lacking = RNG.normal(size=(10, 5)).astype(np.float32), RNG.normal(size=(10, 3))
    parts = Sums(5, 3)
    parts.add(inputs[:4], lacking[:4])
    parts.add(inputs[4:], lacking[4:])
    whole = sums(inputs, lacking)
    np.testing.assert_allclose(parts.squares, whole.squares)
    np.testing.assert_allclose(parts.products, whole.products)
    assert parts.count == whole.count == 10


def test_without_real_looks_made_ones_alone_count() -> None:
    alone, both = list(choices(Sums(5, 3))), list(choices(sums(np.ones((1, 5), np.float32))))
    assert {choice.real_share for choice in alone} == {0.0}
    assert {choice.real_share for choice in both} == set(REAL_SHARES)
    assert (len(alone), len(both)) == (6, 12)
