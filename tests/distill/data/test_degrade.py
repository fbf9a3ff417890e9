"""Degradation, mixing and the H.264 sheet: shapes, kinds, and that each does what its name says."""

import cv2
import msgspec
import numpy as np
import pytest

from distill.config import DegradeSettings
from distill.data.codec import compress_h264
from distill.data.degrade import apply_sensor, blur_motion, compress_jpeg, degrade, misalign
from distill.data.resample import enlarge, shrink

PLAIN = DegradeSettings(area_only=1.0, shift=0.0, scale=0.0, rotate_degrees=0.0)


def face(side: int = 80, seed: int = 0) -> np.ndarray:
    """A smooth picture, darker on the left and at the top."""
    coarse = np.random.default_rng(seed).integers(0, 80, (5, 5, 3)).astype(np.float32)
    smooth = cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)
    slope = np.linspace(0, 120, side)
    return np.clip(smooth + slope[None, :, None] + slope[:, None, None] / 4, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("size", [16, 32, 64])
def test_views_have_the_students_size_whatever_is_done_to_them(size: int) -> None:
    misaligned = DegradeSettings(from_px=4, to_px=2 * size, native_size=0.3, shift=0.1, scale=0.1, rotate_degrees=10.0)
    shares = dict.fromkeys(("blur", "motion", "noise", "gamma", "jpeg", "h264"), 1.0)
    harsh = msgspec.structs.replace(misaligned, area_only=0.0, **shares)
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


def test_a_small_view_is_the_one_of_the_test_at_a_random_size() -> None:
    master = face()
    settings = msgspec.structs.replace(PLAIN, area_only=0.0, enlarged=1.0, enlarged_from_px=8, enlarged_to_px=8)
    view = degrade(master[None], 16, settings, np.random.default_rng(0))[0].astype(int)
    small = enlarge(shrink(master[None], 8), 16)[0].astype(int)
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


def test_the_switches_change_a_share_of_views_and_leave_the_rest() -> None:
    masters = np.stack([face(seed=k) for k in range(40)])
    grey = degrade(masters, 16, DegradeSettings(grey=0.5), np.random.default_rng(1))
    colourless = (grey.max(axis=3) - grey.min(axis=3)).reshape(40, -1).max(axis=1) <= 1
    assert 8 <= colourless.sum() <= 32
    every = DegradeSettings(grey=0.2, infrared=0.2, footage=0.4, detector_alignment=0.5)
    views = degrade(masters, 16, every, np.random.default_rng(2))
    assert views.shape == (40, 16, 16, 3)
    assert np.array_equal(views, degrade(masters, 16, every, np.random.default_rng(2)))
