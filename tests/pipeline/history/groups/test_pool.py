"""Templates pool as crops do: by weight, with the looks that the sum rests on."""

import numpy as np
import pytest

from pipeline.history.groups.pool import pool_of, stack
from tests.synthetic.strangers import face


def test_a_pool_weighs_directions_sizes_and_looks() -> None:
    first, second = face(1, 1), face(1, 2)
    one = pool_of(first.astype("<f2").tobytes(), px=20.0, looks=2.0, weight=4.0)
    other = pool_of(second.astype("<f2").tobytes(), px=40.0, looks=1.0, weight=1.0)
    both = one + other
    mean = 4 * first + second
    np.testing.assert_allclose(both.vector, mean / np.linalg.norm(mean), atol=1e-3)
    assert both.px == pytest.approx(24.0)
    assert both.looks == pytest.approx(5.0 / 2.0)  # the best crop weighs 2


def test_opposite_vectors_and_no_weight_give_numbers() -> None:
    vector = face(1)
    one = pool_of(vector.astype("<f2").tobytes(), px=20.0, looks=0.0, weight=0.0)
    other = pool_of((-vector).astype("<f2").tobytes(), px=20.0, looks=0.0, weight=0.0)
    assert np.isfinite((one + other).vector).all()
    assert (one + other).looks == pytest.approx(2.0)


def test_no_pools_are_no_rows() -> None:
    assert stack([], 8).shape == (0, 8)
