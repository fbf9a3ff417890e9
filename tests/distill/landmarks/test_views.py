"""Training views of the landmark regressor: where the points lie, and batches by their step."""

import numpy as np
import pytest
import torch

from distill.config import DegradeSettings, LandmarkSettings
from distill.landmarks.views import SIDE_PX, TEMPLATE, LandmarkViews, landmark_view

PLAIN = DegradeSettings(blur=0.0, motion=0.0, noise=0.0, gamma=0.0, jpeg=0.0)
STILL = LandmarkSettings(
    from_px=39, to_px=40, box_shift=0.0, box_scale=0.0, rotate_degrees=0.0, width_jitter=0.0, degrade=PLAIN
)


def dotted(size: int = 5) -> np.ndarray:
    """A grey chip with a bright square on the subject's right eye and a dark one on the left."""
    chip = np.full((112, 112, 3), 120, np.uint8)
    for (x, y), value in zip(TEMPLATE[:2], (250, 0), strict=True):
        chip[round(y) - size : round(y) + size + 1, round(x) - size : round(x) + size + 1] = value
    return chip


@pytest.mark.parametrize("seed", range(6))
def test_points_lie_on_the_eyes_mirrored_or_not(seed: int) -> None:
    view, points = landmark_view(dotted(), STILL, np.random.default_rng(seed))
    grey = view.mean(axis=2)
    bright, dark = (np.argwhere(mask).mean(axis=0)[::-1] + 0.5 for mask in (grey > 190, grey < 60))
    first, second = points[0] * SIDE_PX, points[1] * SIDE_PX
    assert first[0] < second[0]  # left in the picture comes first, whichever eye it was
    left, right = (bright, dark) if bright[0] < dark[0] else (dark, bright)
    assert np.abs(first - left).max() < 0.8
    assert np.abs(second - right).max() < 0.8


def test_a_batch_depends_on_its_step_only() -> None:
    faces = np.random.default_rng(1).integers(0, 255, (6, 112, 112, 3)).astype(np.uint8)
    mine = LandmarkSettings(batch=4)
    crops, points = next(iter(LandmarkViews(faces, np.arange(6), mine, seed=3, step=9)))
    again = iter(LandmarkViews(faces, np.arange(6), mine, seed=3, step=8))
    next(again)
    second, other = next(again)
    assert torch.equal(crops, second)
    assert torch.equal(points, other)
    assert crops.shape == (4, 3, SIDE_PX, SIDE_PX)
    assert points.shape == (4, 10)
