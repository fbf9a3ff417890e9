"""The drawing of what students learn from."""

import numpy as np

from benchmarks.degradation import TILE_PX, draw_row
from distill.config import StudentSettings


def test_the_sharp_face_comes_first_and_views_are_drawn_in_squares() -> None:
    face = np.random.default_rng(0).integers(0, 256, (112, 112, 3)).astype(np.uint8)
    row = draw_row(face, StudentSettings(16), 2, seed=0)
    assert row.shape == (112, 3 * TILE_PX, 3)
    np.testing.assert_array_equal(row[:, :TILE_PX], face)
    view = row[:, TILE_PX : 2 * TILE_PX].reshape(16, 7, 16, 7, 3)
    assert (view == view[:, :1, :, :1]).all()  # a pixel of a 16-pixel view is a square of 7 x 7
    assert not np.array_equal(row[:, TILE_PX : 2 * TILE_PX], row[:, 2 * TILE_PX :])
