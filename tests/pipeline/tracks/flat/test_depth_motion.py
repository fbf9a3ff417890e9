"""Chips of a plane and of a head that turn by known angles."""

import numpy as np
import pytest

from pipeline.tracks.flat.depth_motion import MIN_LOOKS, DepthMotion
from tests.pipeline.tracks.flat.turning import texture, turned_head, turned_plane

ANGLES = np.radians(np.linspace(-20, 20, 25))


def test_a_head_shows_its_depth() -> None:
    motion = DepthMotion()
    for angle in ANGLES:
        motion.add(turned_head(texture(), angle))
    found = motion.measure()
    assert found is not None
    assert found.depth == pytest.approx(2 * np.tan(np.radians(16)), rel=0.35)  # the middle 80 % of the angles


def test_a_plane_shows_none() -> None:
    motion = DepthMotion()
    for angle in ANGLES * 2:
        motion.add(turned_plane(texture(), angle))
    found = motion.measure()
    assert found is not None
    assert found.turn == pytest.approx(np.tan(np.radians(33)), rel=0.3)
    assert found.depth < 0.15 * found.turn


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_chips_without_structure_say_nothing(grey: int) -> None:
    motion = DepthMotion()
    for _ in range(3 * MIN_LOOKS):
        motion.add(np.full((16, 16, 3), grey, np.uint8))
    assert motion.measure() is None


def test_another_face_in_between_does_not_count() -> None:
    motion = DepthMotion()
    for _ in range(20):
        motion.add(turned_plane(texture(), 0.0))
    before = motion.looks
    motion.add(turned_plane(texture(seed=5), 0.0))
    assert motion.looks == before


def test_brightness_and_contrast_are_no_motion() -> None:
    motion = DepthMotion()
    for number in range(20):
        picture = texture() * (0.5 + 0.03 * number) + number
        motion.add(turned_plane(picture, 0.0))
    found = motion.measure()
    assert found is not None
    assert (found.turn, found.depth) == pytest.approx((0, 0), abs=0.15)


def test_a_track_without_end_is_measured_by_its_newest_looks() -> None:
    motion = DepthMotion()
    for angle in [*ANGLES * 2, *[0.0] * 300]:
        motion.add(turned_plane(texture(), angle))
    found = motion.measure()
    assert found is not None
    assert found.turn < 0.15
