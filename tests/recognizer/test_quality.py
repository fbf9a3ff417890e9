"""The weight of a crop: size, score, frontal view, and sharpness."""

import cv2
import numpy as np
import pytest

from recognizer.quality import MIN_WEIGHT, crop_weight, frontalness, sharpness
from recognizer.spec import arcface_landmarks

FRONTAL = np.array(arcface_landmarks(112), np.float32)
NOISE = np.random.default_rng(0).integers(0, 256, (112, 112, 3), np.uint8)


def test_larger_faces_and_higher_scores_weigh_more() -> None:
    sizes = [crop_weight(NOISE, face_px=px, landmarks=FRONTAL, score=0.9) for px in (8, 16, 64, 300)]
    assert sizes[0] < sizes[1] < sizes[2] == sizes[3] <= 1
    scores = [crop_weight(NOISE, face_px=64, landmarks=None, score=score) for score in (0.0, 0.3, 0.9)]
    assert scores == [MIN_WEIGHT, pytest.approx(0.3), pytest.approx(0.9)]


def test_a_turned_head_weighs_less_and_a_tilted_head_does_not() -> None:
    turned = FRONTAL.copy()
    turned[2, 0] = FRONTAL[1, 0]
    angle = np.deg2rad(35)
    tilt = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    assert frontalness(FRONTAL) == 1
    assert frontalness(turned) < 0.3
    assert frontalness((FRONTAL @ tilt).astype(np.float32)) == pytest.approx(frontalness(FRONTAL), abs=0.02)


@pytest.mark.parametrize("landmarks", [np.zeros((5, 2)), np.full((5, 2), np.nan), np.full((5, 2), np.inf)])
def test_impossible_landmarks_have_the_lowest_frontalness(landmarks: np.ndarray) -> None:
    with np.errstate(invalid="ignore"):
        assert frontalness(landmarks.astype(np.float32)) == 0.2


def test_a_flat_chip_and_an_unknown_size_weigh_nothing() -> None:
    flat = np.full((16, 16, 3), 7, np.uint8)
    assert crop_weight(flat, face_px=30, landmarks=FRONTAL, score=1) == 0
    assert crop_weight(NOISE, face_px=np.nan, landmarks=FRONTAL, score=1) == 0


def test_blur_lowers_sharpness_at_any_chip_size() -> None:
    for size in (112, 64, 48):
        chip = cv2.resize(NOISE, (size, size), interpolation=cv2.INTER_AREA)
        values = [
            sharpness(chip),
            *(sharpness(cv2.GaussianBlur(chip, (0, 0), size / 20 * step)) for step in (0.3, 0.6)),
        ]
        assert values == sorted(values, reverse=True), size
    assert sharpness(np.zeros((16, 16, 3), np.uint8)) == 0
