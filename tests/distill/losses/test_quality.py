"""The loss `quality` on vectors small enough to calculate it by hand."""

import math

import pytest
from torch import tensor

from distill.losses.quality import quality

HALF = [math.sqrt(0.5), math.sqrt(0.5)]


def test_quality_compares_the_length_with_the_cosine() -> None:
    assert quality(tensor([[1.0, 0.0]]), tensor([HALF])).item() == pytest.approx((math.sqrt(0.5) - 0.5) ** 2)
