"""The comparison of an exported file with torch."""

import numpy as np
import pytest

from distill.errors import DistillError
from distill.export.onnx_file import check_difference


def test_the_largest_difference_counts() -> None:
    zeros = np.zeros((2, 2), np.float32)
    assert check_difference(zeros, np.array([[0, -0.5], [0.25, 0]], np.float32), tolerance=0.5) == 0.5


@pytest.mark.parametrize("value", [0.6, -0.6, np.nan, np.inf])
def test_a_difference_above_the_tolerance_is_an_error(value: float) -> None:
    ones = np.ones(3, np.float32)
    with pytest.raises(DistillError, match="torch and ONNX Runtime must agree"):
        check_difference(ones, np.array([1, 1, 1 + value], np.float32), tolerance=0.5)
