"""Teachers."""

import numpy as np
import pytest

from distill.teacher.model import Ensemble, template_warp
from recognizer.spec import ChipSpec


def test_a_warp_maps_faces_to_another_template() -> None:
    assert template_warp(ChipSpec(size=112)) is None
    points = tuple((x + 10, y - 5) for x, y in ChipSpec(size=112).template)
    warp = template_warp(ChipSpec(size=112, landmarks=points))
    assert warp is not None
    assert np.allclose(warp, [[1, 0, 10], [0, 1, -5]], atol=1e-6)


def test_an_ensemble_requires_a_weight_for_each_teacher() -> None:
    with pytest.raises(ValueError, match="expected one weight each, got 0 and 0"):
        Ensemble([], [])
