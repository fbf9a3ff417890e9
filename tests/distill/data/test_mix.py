"""Synthetic faces: what blending, warping and recolouring change, and what they keep."""

import cv2
import numpy as np

from distill.config import MixSettings
from distill.data.mix import blend, mix, recolour, warp


def face(side: int = 80, seed: int = 0) -> np.ndarray:
    """A smooth picture, darker on the left and at the top."""
    coarse = np.random.default_rng(seed).integers(0, 80, (5, 5, 3)).astype(np.float32)
    smooth = cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)
    slope = np.linspace(0, 120, side)
    return np.clip(smooth + slope[None, :, None] + slope[:, None, None] / 4, 0, 255).astype(np.uint8)


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


def test_a_warp_of_no_spread_changes_nothing() -> None:
    picture = face(112)
    assert np.array_equal(warp(picture, 0.0, np.random.default_rng(0)), picture)


def test_without_any_step_the_face_stays_as_it_is() -> None:
    faces = np.stack([face(32, seed=seed) for seed in range(3)])
    off = MixSettings(flip=0.0, blend=0.0, warp=0.0, colour=0.0)
    assert np.array_equal(mix(faces, np.array([1]), off, np.random.default_rng(0)), faces[1])
    flipped = mix(
        faces, np.array([1]), MixSettings(flip=1.0, blend=0.0, warp=0.0, colour=0.0), np.random.default_rng(0)
    )
    assert np.array_equal(flipped, faces[1][:, ::-1])
