"""Degradation, mixing and the H.264 sheet: shapes, kinds, and that each does what its name says."""

import cv2
import numpy as np
import pytest

from distill.config import DegradeSettings, MixSettings
from distill.data.codec import compress_h264
from distill.data.degrade import apply_sensor, blur_motion, compress_jpeg, degrade, misalign
from distill.data.mix import blend, mix, recolour, warp
from distill.data.resample import enlarge, lower_resolution, shrink

PLAIN = DegradeSettings(area_only=1.0, shift=0.0, scale=0.0, rotate_degrees=0.0)


def face(side: int = 80, seed: int = 0) -> np.ndarray:
    """A smooth picture, darker on the left and at the top."""
    coarse = np.random.default_rng(seed).integers(0, 80, (5, 5, 3)).astype(np.float32)
    smooth = cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)
    slope = np.linspace(0, 120, side)
    return np.clip(smooth + slope[None, :, None] + slope[:, None, None] / 4, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("size", [16, 32, 64])
def test_views_have_the_students_size_whatever_is_done_to_them(size: int) -> None:
    harsh = DegradeSettings(4, 2 * size, 0.3, 0.0, 0.1, 0.1, 10.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
    views = degrade(np.stack([face(seed=k) for k in range(5)]), size, harsh, np.random.default_rng(1))
    assert views.shape == (5, size, size, 3)
    assert views.dtype == np.uint8


def test_the_same_numbers_give_the_same_views() -> None:
    masters = np.stack([face(seed=k) for k in range(4)])
    first, second = (degrade(masters, 16, DegradeSettings(), np.random.default_rng(7)) for _ in range(2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, degrade(masters, 16, DegradeSettings(), np.random.default_rng(8)))


def test_a_plain_view_is_the_area_shrunk_face_or_its_mirror() -> None:
    master = face()
    view = degrade(master[None], 16, PLAIN, np.random.default_rng(0))[0].astype(int)
    small = shrink(master[None], 16)[0].astype(int)
    assert min(np.abs(view - small).mean(), np.abs(view - small[:, ::-1]).mean()) < 1.5


def test_misalignment_is_as_large_as_configured() -> None:
    dot = np.zeros((80, 80, 3), np.uint8)
    dot[38:42, 38:42] = 255
    rng = np.random.default_rng(2)
    moved = [misalign(dot, 80, DegradeSettings(shift=0.1, scale=0.0, rotate_degrees=0.0), rng) for _ in range(300)]
    x = [float((chip[..., 0].sum(axis=0) * np.arange(80)).sum() / chip[..., 0].sum()) for chip in moved if chip.any()]
    assert np.std(x) == pytest.approx(8, rel=0.15)


def test_motion_blur_smears_along_its_direction_only() -> None:
    line = np.zeros((40, 40, 3), np.uint8)
    line[:, 20] = 200
    assert np.array_equal(blur_motion(line, 9, np.pi / 2)[20], line[20])
    assert blur_motion(line, 9, 0.0)[20, 17, 0] > 0


def test_the_sensor_leaves_light_where_it_was() -> None:
    grey = np.full((64, 64, 3), 128, np.uint8)
    noisy = apply_sensor(grey, DegradeSettings(noise=1.0, gamma=0.0, jpeg=0.0), np.random.default_rng(3))
    assert noisy.std() > 0.5
    assert noisy.mean() == pytest.approx(128, abs=2)


def test_jpeg_and_h264_keep_the_picture_and_lose_detail() -> None:
    chips = np.stack([face(32, seed=k) for k in range(7)])
    for coded in (np.stack([compress_jpeg(chip, quality=40) for chip in chips]), compress_h264(chips, quality=32)):
        assert coded.shape == chips.shape
        difference = np.abs(coded.astype(int) - chips).mean()
        assert 0 < difference < 12


def test_h264_of_odd_sides_fits() -> None:
    assert compress_h264(np.stack([face(17)] * 3), quality=23).shape == (3, 17, 17, 3)


def test_blends_lie_between_their_faces() -> None:
    dark, light = np.full((32, 32, 3), 20, np.uint8), np.full((32, 32, 3), 220, np.uint8)
    rng = np.random.default_rng(4)
    blends = [blend(light, dark, rng) for _ in range(20)]
    assert all(chip.min() >= 20 and chip.max() <= 220 for chip in blends)
    assert any(chip.std() > 10 for chip in blends)  # some by a mask
    assert any(chip.std() < 2 for chip in blends)  # some by one share


def test_warps_move_pixels_but_little() -> None:
    picture = face(112)
    moved = warp(picture, 4.0, np.random.default_rng(5))
    assert 0.3 < np.abs(moved.astype(int) - picture).mean() < 20


def test_recolouring_keeps_what_is_brighter_brighter() -> None:
    ramp = np.repeat(np.arange(60, 200, dtype=np.uint8)[:, None, None], 3, axis=2)
    for seed in range(10):
        assert (np.diff(recolour(ramp, np.random.default_rng(seed))[:, 0].astype(int), axis=0) >= 0).all()


def test_mixing_uses_only_the_faces_that_may_be_used() -> None:
    faces = np.stack([np.full((32, 32, 3), value, np.uint8) for value in (10, 250, 10)])
    plain = MixSettings(warp=0.0, colour=0.0)
    rng = np.random.default_rng(6)
    assert all(mix(faces, np.array([0, 2]), plain, rng).max() <= 10 for _ in range(20))


def test_low_views_keep_the_size_and_lose_the_detail() -> None:
    noise = np.random.default_rng(8).integers(0, 255, (2, 112, 112, 3)).astype(np.uint8)
    low = lower_resolution(noise, 16)
    assert low.shape == noise.shape
    assert low.std() < noise.std() / 3
    assert np.array_equal(enlarge(shrink(noise, 112), 112), noise)
