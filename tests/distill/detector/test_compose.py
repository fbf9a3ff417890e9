"""Composed pictures and their labels."""

import numpy as np

from distill.detector.compose import TrainingPicture, _flip, flip_points


def test_flipping_moves_pixels_boxes_and_landmarks_alike() -> None:
    rng = np.random.default_rng(1)
    points = rng.uniform(0, 32, (3, 5, 2)).astype(np.float32)
    np.testing.assert_allclose(flip_points(flip_points(points, 32), 32), points, atol=1e-5)
    view = TrainingPicture(np.zeros((32, 32, 3), np.uint8), [np.array([2, 3, 10, 12], np.float32)], [points[0]])
    view.image[3:12, 2:10] = 255
    _flip(view)
    x1, y1, x2, y2 = view.boxes[0].astype(int)
    assert view.image[y1:y2, x1:x2].all()
    assert view.image.sum() == 255 * 3 * 8 * 9
    assert flip_points(points[0], 32)[0, 0] == 32 - points[0, 1, 0]  # the right eye is the mirrored left one
