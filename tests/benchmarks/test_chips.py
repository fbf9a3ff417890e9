"""Averaged and bilinear chips show the same face; averaging smooths what bilinear reading skips."""

import numpy as np

from benchmarks.chips import cut_averaged, cut_bilinear
from recognizer.spec import ChipSpec


def test_both_ways_lie_on_the_same_pixels_and_only_averaging_removes_fine_stripes() -> None:
    spec = ChipSpec(size=16)
    ramp = np.repeat(np.linspace(20, 230, 112).astype(np.uint8)[None, :, None], 112, axis=0).repeat(3, axis=2)
    inner = np.s_[3:-3, 3:-3]
    difference = cut_averaged(ramp, spec)[inner].astype(int) - cut_bilinear(ramp, spec)[inner]
    assert np.abs(difference).max() <= 2  # grey levels
    stripes = np.zeros((112, 112, 3), np.uint8)
    stripes[:, ::3] = 255
    assert cut_averaged(stripes, spec)[inner].std() < 0.5 * cut_bilinear(stripes, spec)[inner].std()
