"""Chips: alignment, antialiasing, and refused input."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognizer.chips import box_landmarks, cut_chip, cut_chip_from_box, similarity
from recognizer.spec import ChipSpec, aligned_landmarks, arcface_landmarks

TEMPLATE = np.array(arcface_landmarks(112))
ALIGNED = aligned_landmarks(112)


def landmarks(scale: float = 1.0, shift: float = 0.0) -> np.ndarray:
    return (ALIGNED * scale + shift).astype(np.float32)


@settings(deadline=None)  # a busy machine must not fail the test
@given(st.floats(-3, 3), st.floats(0.1, 10), st.floats(-500, 500), st.floats(-500, 500))
def test_similarity_recovers_rotation_scale_and_shift(angle: float, scale: float, x: float, y: float) -> None:
    rotation = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    found = similarity(TEMPLATE, TEMPLATE @ rotation.T + [x, y])
    np.testing.assert_allclose(found, np.column_stack([rotation, [x, y]]), atol=1e-6)


def test_similarity_is_least_squares() -> None:
    target = TEMPLATE + np.random.default_rng(0).normal(0, 3, (5, 2))
    found = similarity(TEMPLATE, target)

    def error(matrix: np.ndarray) -> float:
        return float(((TEMPLATE @ matrix[:, :2].T + matrix[:, 2] - target) ** 2).sum())

    a, b = np.array([[1, 0, 0], [0, 1, 0]]), np.array([[0, -1, 0], [1, 0, 0]])
    steps = [1e-3 * a, 1e-3 * b, np.eye(3)[None, 0] * 0 + [[0, 0, 1e-3], [0, 0, 0]], [[0, 0, 0], [0, 0, 1e-3]]]
    assert all(error(found) < error(found + sign * np.array(step)) for step in steps for sign in (1, -1))


def test_landmarks_at_the_template_reproduce_the_picture() -> None:
    image = np.random.default_rng(0).integers(0, 256, (112, 112, 3), np.uint8)
    np.testing.assert_array_equal(cut_chip(image, landmarks(), ChipSpec(size=112)), image)


@pytest.mark.parametrize("size", [16, 28, 56])
def test_shrinking_averages_areas_without_a_shift(size: int) -> None:
    image = np.random.default_rng(0).integers(0, 256, (112, 112, 3), np.uint8)
    area = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
    chip = cut_chip(image, landmarks(), ChipSpec(size=size))
    assert np.abs(chip.astype(int) - area).max() <= 1


def test_shrinking_does_not_alias() -> None:
    """Stripes finer than a chip pixel become uniform grey; bilinear interpolation turns them into false stripes."""
    image = np.zeros((448, 448, 3), np.uint8)
    image[:, ::2] = 255
    spec, points = ChipSpec(size=50), landmarks(4)
    interpolated = cv2.warpAffine(image, similarity(points.astype(float) - 0.5, np.array(spec.template)), (50, 50))
    assert interpolated[2:-2, 2:-2].std() > 40
    assert cut_chip(image, points, spec)[2:-2, 2:-2].std() < 10


def test_channels_stay_bgr() -> None:
    image = np.zeros((112, 112, 3), np.uint8)
    image[..., 0] = 200
    chip = cut_chip(image, landmarks(), ChipSpec(size=32))
    assert (chip.reshape(-1, 3).mean(axis=0) > [190, -1, -1]).all()
    assert chip[..., 1:].max() == 0


@pytest.mark.parametrize("size", [8, 16, 112, 512])
def test_a_chip_is_black_outside_the_picture(size: int) -> None:
    image = np.full((112, 112, 3), 200, np.uint8)
    chip = cut_chip(image, landmarks(shift=-56), ChipSpec(size=size))
    assert chip.shape == (size, size, 3)
    assert chip[: size // 3, : size // 3].max() == 0
    assert chip[-2, -2].min() > 190


@pytest.mark.parametrize(
    "points",
    [
        np.full((5, 2), 20.0),
        np.column_stack([np.arange(5.0), np.arange(5.0)]) * 9,
        np.full((5, 2), np.nan),
        np.full((5, 2), np.inf),
        TEMPLATE * 1e9,
        TEMPLATE[:4],
        TEMPLATE * 0.001,
        TEMPLATE + 1000,
        TEMPLATE - 1000,
    ],
)
def test_degenerate_landmarks_are_refused(points: np.ndarray) -> None:
    with pytest.raises(ValueError, match="landmarks"):
        cut_chip(np.zeros((112, 112, 3), np.uint8), points.astype(np.float32), ChipSpec(size=16))


@pytest.mark.parametrize("image", [np.zeros((9, 9), np.uint8), np.zeros((9, 9, 3)), np.zeros((0, 9, 3), np.uint8)])
def test_images_of_another_type_or_shape_are_refused(image: np.ndarray) -> None:
    with pytest.raises(ValueError, match="BGR uint8"):
        cut_chip(image, landmarks(), ChipSpec(size=16))


def test_a_huge_face_is_cut_correctly() -> None:
    image = np.full((3000, 3000, 3), 90, np.uint8)
    assert (cut_chip(image, landmarks(25), ChipSpec(size=112)) == 90).mean() > 0.9


def test_a_box_without_landmarks_gives_an_upright_chip_of_similar_size() -> None:
    box = np.array([100, 50, 200, 170], np.float32)
    found = similarity(box_landmarks(box).astype(np.float64), TEMPLATE)
    assert found[0, 1] == pytest.approx(0, abs=0.01)
    assert 112 / found[0, 0] == pytest.approx(120, rel=0.15)
    assert cut_chip_from_box(np.zeros((300, 300, 3), np.uint8), box, ChipSpec(size=16)).shape == (16, 16, 3)


@pytest.mark.parametrize("box", [[5, 5, 5, 9], [5, 5, 4, 9], [0, 0, np.nan, 9], [900, 900, 950, 950]])
def test_boxes_without_a_face_are_refused(box: list[float]) -> None:
    with pytest.raises(ValueError, match="expected"):
        cut_chip_from_box(np.zeros((99, 99, 3), np.uint8), np.array(box, np.float32), ChipSpec(size=16))
