"""Misalignments from landmarks."""

import numpy as np
import pytest

from benchmarks.landmark_errors import misalignment
from recognizer.spec import aligned_landmarks

TRUE = aligned_landmarks(112).astype(np.float32) + 40


def test_right_landmarks_align_rightly() -> None:
    assert misalignment(TRUE, TRUE) == pytest.approx([0, 0, 0, 0], abs=1e-5)


def test_landmarks_that_lie_too_far_left_show_the_face_too_far_right() -> None:
    shifted = TRUE - np.float32([11.2, 0])
    assert misalignment(shifted, TRUE) == pytest.approx([0.1, 0, 0, 0], abs=1e-5)


def test_landmarks_that_lie_too_close_show_the_face_too_large() -> None:
    middle = np.float32(56 + 40)
    assert misalignment((TRUE - middle) / 2 + middle, TRUE) == pytest.approx([0, 0, np.log(2), 0], abs=0.01)
