"""Resampling keeps or reduces the detail of faces."""

import numpy as np

from distill.data.resample import enlarge, lower_resolution, shrink


def test_low_views_keep_the_size_and_lose_the_detail() -> None:
    noise = np.random.default_rng(8).integers(0, 255, (2, 112, 112, 3)).astype(np.uint8)
    low = lower_resolution(noise, 16)
    assert low.shape == noise.shape
    assert low.std() < noise.std() / 3
    assert np.array_equal(enlarge(shrink(noise, 112), 112), noise)


def test_shrinking_averages_the_area_of_a_pixel() -> None:
    board = np.indices((8, 8)).sum(axis=0) % 2 * 200
    faces = np.repeat(board[None, ..., None], 3, axis=3).astype(np.uint8)
    assert (shrink(faces, 4) == 100).all()


def test_no_faces_stay_no_faces() -> None:
    none = np.zeros((0, 112, 112, 3), np.uint8)
    assert shrink(none, 16).shape == (0, 16, 16, 3)
    assert enlarge(none, 120).shape == (0, 120, 120, 3)
