"""Pasted faces are where their labels say."""

import cv2
import numpy as np
import pytest

from distill.detector.label import ARCFACE
from distill.detector.paste import FACE_MASK, Pose, make_transform, match_colour, paste, transform_labels


def test_box_and_landmarks_of_a_pasted_face_are_right() -> None:
    chip = np.zeros((112, 112, 3), np.uint8)
    for number, (x, y) in enumerate(ARCFACE):
        cv2.circle(chip, (round(x), round(y)), 4, (0, 255, 0) if number < 2 else (255, 0, 0), -1)
    matrix = make_transform(Pose(60, 50, 60, 15, 0.9))
    box, points = transform_labels(matrix)
    canvas = np.zeros((120, 120, 3), np.uint8)
    paste(canvas, chip, matrix, FACE_MASK, np.ones(3, np.float32))
    green, blue = canvas[..., 1].astype(float), canvas[..., 0].astype(float)
    y, x = np.mgrid[:120, :120] + 0.5
    for layer, among in ((green, points[:2]), (blue, points[2:])):
        middle = [(x * layer).sum() / layer.sum(), (y * layer).sum() / layer.sum()]
        np.testing.assert_allclose(middle, among.mean(axis=0), atol=0.7)
    assert box[3] - box[1] == pytest.approx(60, abs=1)
    np.testing.assert_allclose((box[:2] + box[2:]) / 2, [60, 50], atol=0.1)


def test_a_face_outside_of_the_picture_changes_nothing() -> None:
    canvas = np.zeros((32, 32, 3), np.uint8)
    chip = np.full((112, 112, 3), 255, np.uint8)
    paste(canvas, chip, make_transform(Pose(-90, 10, 20, 0, 1)), FACE_MASK, np.ones(3, np.float32))
    assert not canvas.any()


def test_the_gain_matches_the_colour_of_the_canvas_within_limits() -> None:
    canvas, face = np.full((40, 40, 3), 92, np.uint8), np.full((112, 112, 3), 192, np.uint8)
    box = np.array([5, 5, 35, 35], np.float32)
    np.testing.assert_allclose(match_colour(canvas, box, face), 100 / 200)
    np.testing.assert_allclose(match_colour(canvas * 0, box, face), 0.4)
    np.testing.assert_allclose(match_colour(canvas, box + 100, face), 1)  # outside: nothing to match
